//! Progress on stderr: a bar where stderr is a terminal, silence elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use touchstone::{Progress, ProgressStage};

/// Draws one bar for each stage that is running.
pub struct Bars;

struct Bar(ProgressBar);

impl Progress for Bars {
    fn start(&self, stage: &str, total: Option<u64>) -> Box<dyn ProgressStage> {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let template = if total.is_some() { "{msg} {wide_bar} {pos}/{len} {eta}" } else { "{spinner} {msg} {pos}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(stage.to_owned());
        Box::new(Bar(bar))
    }
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
