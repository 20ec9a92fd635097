//! What a model is told of its logits.

/// A loss of one labelled position: how far its logits are from the label, and which way is down.
///
/// Another loss is one implementation of this trait, handed to [`Trainer`](super::Trainer). What is minimised is the mean over
/// all labelled positions of an effective batch.
///
/// ```
/// use touchstone_candle::training::{CrossEntropy, Loss};
///
/// /// Cross-entropy that cares less for what is sure already (Lin et al. 2017, "Focal Loss for Dense Object Detection").
/// struct Focal(f64);
///
/// impl Loss for Focal {
///     fn of(&self, logits: &[f32], label: usize, gradient: &mut [f32]) -> f64 {
///         let surprise = CrossEntropy.of(logits, label, gradient);
///         let (sure, unsure) = ((-surprise).exp(), 1.0 - (-surprise).exp());
///         let factor = unsure.powf(self.0) + self.0 * unsure.powf(self.0 - 1.0) * sure * surprise;
///         gradient.iter_mut().for_each(|gradient| *gradient *= factor as f32);
///         unsure.powf(self.0) * surprise
///     }
/// }
///
/// let mut gradient = [0.0; 2];
/// let loss = Focal(2.0).of(&[0.0, 0.0], 1, &mut gradient);
/// assert!((loss - 0.25 * 2.0_f64.ln()).abs() < 1e-9);
/// ```
pub trait Loss: Send + Sync {
    /// The loss of `logits` where `label` would be right, an index into them; `gradient`, of the same length, is overwritten
    /// with the loss's derivative by each logit.
    fn of(&self, logits: &[f32], label: usize, gradient: &mut [f32]) -> f64;
}

/// Minus the log-probability of the label: the paper's loss for all four reward models.
#[derive(Debug, Clone, Copy, Default)]
pub struct CrossEntropy;

impl Loss for CrossEntropy {
    fn of(&self, logits: &[f32], label: usize, gradient: &mut [f32]) -> f64 {
        let normaliser = touchstone_kernel::log_sum_exp(logits);
        for (gradient, logit) in gradient.iter_mut().zip(logits) {
            *gradient = (logit - normaliser as f32).exp();
        }
        gradient[label] -= 1.0;
        normaliser - f64::from(logits[label])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_the_slope_of_the_loss() {
        let logits = [0.3_f32, -1.2, 2.0, 0.0];
        let mut gradient = [9.0; 4];
        let loss = CrossEntropy.of(&logits, 1, &mut gradient);
        let sum: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
        assert!((loss - (sum.ln() + 1.2)).abs() < 1e-6);
        for index in 0..4 {
            let share = f64::from(logits[index]).exp() / sum;
            let expected = if index == 1 { share - 1.0 } else { share };
            assert!((f64::from(gradient[index]) - expected).abs() < 1e-6, "{index}");
        }
    }
}
