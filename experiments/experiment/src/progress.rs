//! Progress as lines, for experiments that run in a log.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use touchstone::{Progress, ProgressStage};

/// Says on stderr when a stage reaches a further fifth of its units; says nothing of stages of fewer than fifty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lines;

/// Stages of fewer units are over too soon to be worth a line.
const SHORTEST: u64 = 50;

const PARTS: u64 = 5;

struct Stage {
    name: String,
    total: u64,
    done: AtomicU64,
    began: Instant,
}

impl Progress for Lines {
    fn start(&self, stage: &str, total: Option<u64>) -> Box<dyn ProgressStage> {
        let total = total.filter(|total| *total >= SHORTEST && stage != "resampling questions").unwrap_or(0);
        Box::new(Stage { name: stage.to_owned(), total, done: AtomicU64::new(0), began: Instant::now() })
    }
}

impl ProgressStage for Stage {
    fn advance(&self, units: u64) {
        let before = self.done.fetch_add(units, Ordering::Relaxed);
        let part = |done: u64| (done * PARTS).checked_div(self.total);
        if part(before) != part(before + units) {
            let seconds = self.began.elapsed().as_secs();
            eprintln!("{}: {} of {}, {seconds} s", self.name, before + units, self.total);
        }
    }
}
