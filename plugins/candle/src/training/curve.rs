//! The loss curve, as text: one line a step.

use super::Step;

/// The first line of a curve.
pub(super) const HEADER: &str = "step,epoch,loss,gradient_norm,learning_rate,tokens,held_out_loss\n";

/// The line of a step; `held_out` is the loss on held-out examples after it, where it was looked at. Numbers are written so
/// that they read back as they were.
pub(super) fn line(step: &Step, held_out: Option<f64>) -> String {
    let Step { step, epoch, loss, gradient_norm, learning_rate, tokens } = step;
    let held_out = held_out.map(|loss| loss.to_string()).unwrap_or_default();
    format!("{step},{epoch},{loss},{gradient_norm},{learning_rate},{tokens},{held_out}\n")
}
