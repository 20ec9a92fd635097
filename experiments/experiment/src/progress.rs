//! Progress as lines, for experiments that run in a log.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use touchstone::{Progress, ProgressStage};

/// Says on stderr when a stage reaches a further tenth of its units; says nothing of stages that are over in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lines;

const PARTS: u64 = 10;
const PATIENCE: Duration = Duration::from_secs(5);

struct Stage {
    name: String,
    total: u64,
    done: AtomicU64,
    began: Instant,
}

impl Progress for Lines {
    fn start(&self, stage: &str, total: Option<u64>) -> Box<dyn ProgressStage> {
        let (name, total) = (stage.to_owned(), total.unwrap_or(0));
        Box::new(Stage { name, total, done: AtomicU64::new(0), began: Instant::now() })
    }
}

impl ProgressStage for Stage {
    fn advance(&self, units: u64) {
        let before = self.done.fetch_add(units, Ordering::Relaxed);
        let part = |done: u64| (done * PARTS).checked_div(self.total);
        let elapsed = self.began.elapsed();
        if part(before) != part(before + units) && elapsed > PATIENCE {
            eprintln!("{}: {} of {}, {} s", self.name, before + units, self.total, elapsed.as_secs());
        }
    }
}
