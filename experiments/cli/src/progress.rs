//! Progress on stderr: a bar where stderr is a terminal, silence elsewhere.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use touchstone::{Progress, ProgressStage};

/// Draws one bar for each stage that is running, with the rates of what plugins count.
#[derive(Default)]
pub struct Bars {
    counts: Counts,
    note: Arc<Mutex<String>>,
}

/// How much was counted of each unit since the job began.
#[derive(Clone, Default)]
struct Counts(Arc<Mutex<BTreeMap<String, u64>>>);

struct Bar(ProgressBar);

impl Progress for Bars {
    fn start(&self, stage: &str, total: Option<u64>) -> Box<dyn ProgressStage> {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let template = if total.is_some() {
            "{msg} {wide_bar} {pos}/{len}{note}{rates}, {eta} left"
        } else {
            "{spinner} {msg} {pos}{note}{rates}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            let counts = self.counts.clone();
            let before = counts.all().clone();
            let rates = move |state: &ProgressState, out: &mut dyn Write| {
                let _ = out.write_str(&rates(&before, &counts.all(), state.elapsed()));
            };
            let note = Arc::clone(&self.note);
            let note = move |_: &ProgressState, out: &mut dyn Write| {
                let note = note.lock().unwrap_or_else(PoisonError::into_inner);
                let _ = if note.is_empty() { Ok(()) } else { write!(out, ", {note}") };
            };
            bar.set_style(style.with_key("rates", rates).with_key("note", note));
        }
        bar.set_message(stage.to_owned());
        Box::new(Bar(bar))
    }

    fn count(&self, unit: &str, amount: u64) {
        let mut counts = self.counts.all();
        match counts.get_mut(unit) {
            Some(count) => *count += amount,
            None => drop(counts.insert(unit.to_owned(), amount)),
        }
    }

    fn note(&self, text: &str) {
        text.clone_into(&mut self.note.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Counts {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `, 1,234 tokens/s` for each unit that was counted since a stage began.
fn rates(before: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>, elapsed: Duration) -> String {
    let rate = |(unit, count): (&String, &u64)| {
        let since = count - before.get(unit).copied().unwrap_or(0);
        let rate = since as f64 / elapsed.as_secs_f64().max(0.001);
        (since > 0).then(|| format!(", {} {unit}/s", HumanCount(rate.round() as u64)))
    };
    now.iter().filter_map(rate).collect()
}

impl ProgressStage for Bar {
    fn advance(&self, units: u64) {
        self.0.inc(units);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_of_what_was_counted_since_the_stage_began() {
        let bars = Bars::default();
        bars.count("tokens", 500);
        let before = bars.counts.all().clone();
        assert_eq!(rates(&before, &bars.counts.all(), Duration::from_secs(1)), "");
        bars.count("tokens", 6000);
        bars.count("requests", 8);
        assert_eq!(rates(&before, &bars.counts.all(), Duration::from_secs(4)), ", 2 requests/s, 1,500 tokens/s");
    }
}
