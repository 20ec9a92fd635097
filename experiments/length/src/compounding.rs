//! How errors of steps add up in the product of their rewards.
//!
//! Nobody knows the true probability that a step leads to a right answer. What stands in for it is the share of right CoTs
//! among steps of similar rewards in CoTs of similar length: the steps of a group are divided into bins of equally many by
//! their reward, and the log error of every step in a bin is `ln(mean reward) - ln(share right)`. The error of a CoT's product
//! is then the sum of its steps' errors, and at most `T` times the worst of them: the bound is the triangle inequality.

use std::num::NonZeroUsize;

/// The rewards of one CoT's steps, and whether it ends right.
#[derive(Clone, Debug, PartialEq)]
pub struct Graded {
    /// The rewards.
    pub rewards: Vec<f64>,
    /// Whether its final answer is the gold one.
    pub right: bool,
}

/// What the errors in CoTs of about one length come to: means over CoTs, of natural logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compounding {
    /// Steps of a CoT.
    pub steps: f64,
    /// The size of a step's log error.
    pub step_error: f64,
    /// The largest of them: the ε of the bound.
    pub worst: f64,
    /// The size of the log error of the product of a CoT's rewards.
    pub product_error: f64,
    /// `T ε`: what the log error of the product cannot exceed.
    pub bound: f64,
    /// `√T` times the root mean square of step errors: about what errors would come to if they were independent and without
    /// bias.
    pub independent: f64,
}

impl Compounding {
    /// Measures these CoTs; none where there are none.
    pub fn of(cots: &[Graded], bins: NonZeroUsize) -> Option<Self> {
        let errors = step_errors(cots, bins);
        let count = cots.len() as f64;
        let mean = |of: &dyn Fn(&[f64]) -> f64| errors.iter().map(|errors| of(errors)).sum::<f64>() / count;
        let all = || errors.iter().flatten();
        let steps = all().count() as f64;
        let worst = all().fold(0.0_f64, |worst, error| worst.max(error.abs()));
        let square = (all().map(|error| error * error).sum::<f64>() / steps).sqrt();
        (!cots.is_empty()).then(|| Self {
            steps: steps / count,
            step_error: all().map(|error| error.abs()).sum::<f64>() / steps,
            worst,
            product_error: mean(&|errors| errors.iter().sum::<f64>().abs()),
            bound: mean(&|errors| errors.len() as f64 * worst),
            independent: mean(&|errors| (errors.len() as f64).sqrt() * square),
        })
    }
}

/// The log errors of each CoT's steps.
fn step_errors(cots: &[Graded], bins: NonZeroUsize) -> Vec<Vec<f64>> {
    let mut errors: Vec<Vec<f64>> = cots.iter().map(|cot| vec![0.0; cot.rewards.len()]).collect();
    let places =
        cots.iter().enumerate().flat_map(|(cot, graded)| (0..graded.rewards.len()).map(move |step| (cot, step)));
    let mut places: Vec<(usize, usize)> = places.collect();
    let reward = |(cot, step): (usize, usize)| cots[cot].rewards[step];
    places.sort_by(|left, right| reward(*left).total_cmp(&reward(*right)).then_with(|| left.cmp(right)));
    let size = places.len().div_ceil(bins.get()).max(1);
    for bin in places.chunks(size) {
        let steps = bin.len() as f64;
        let mean = bin.iter().map(|place| reward(*place)).sum::<f64>() / steps;
        let right = bin.iter().filter(|(cot, _)| cots[*cot].right).count() as f64;
        // Half a step is added to either side, so that a bin without a right step has a logarithm.
        let error = ((mean * steps + 0.5) / (steps + 1.0)).ln() - ((right + 0.5) / (steps + 1.0)).ln();
        bin.iter().for_each(|(cot, step)| errors[*cot][*step] = error);
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cot(rewards: &[f64], right: bool) -> Graded {
        Graded { rewards: rewards.to_vec(), right }
    }

    fn measured(cots: &[Graded], bins: usize) -> Compounding {
        Compounding::of(cots, NonZeroUsize::new(bins).unwrap()).unwrap()
    }

    #[test]
    fn one_error_in_all_steps_reaches_the_bound() {
        // One bin: every step of both CoTs is 0.8, and half of them are right.
        let found = measured(&[cot(&[0.8; 4], true), cot(&[0.8; 4], false)], 1);
        let error = (0.8_f64 * 8.0 + 0.5).ln() - 4.5_f64.ln();
        assert!((found.step_error - error).abs() < 1e-12 && (found.product_error - 4.0 * error).abs() < 1e-12);
        assert!((found.product_error - found.bound).abs() < 1e-12);
        assert!((found.independent - 2.0 * error).abs() < 1e-12);
    }

    #[test]
    fn no_product_exceeds_the_bound() {
        let cots: Vec<Graded> =
            (1..30_u32).map(|n| cot(&vec![f64::from(n * 7 % 10) / 10.0; n as usize % 5 + 1], n % 3 == 0)).collect();
        let found = measured(&cots, 4);
        assert!(found.product_error <= found.bound + 1e-12 && found.step_error <= found.worst);
    }

    #[test]
    fn no_cot_has_no_error() {
        assert_eq!(Compounding::of(&[], NonZeroUsize::MIN), None);
    }
}
