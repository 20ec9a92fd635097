//! `geometric_mean`: the product without its bias against long CoTs.

use serde::{Deserialize, Serialize};
use touchstone::aggregator::{Aggregator, present};

/// The geometric mean of the rewards: the n-th root of their product.
///
/// Assumes what `prod` does, but compares CoTs by their average step, so that length alone does not count: the same
/// normalisation by length that is usual for the log-probability of a text. A reward of 0 makes it 0. Computed by logarithms,
/// so that long CoTs do not vanish.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GeometricMean {}

touchstone::register!(Aggregator, "geometric_mean", GeometricMean);

impl Aggregator for GeometricMean {
    fn aggregate(&self, rewards: &[Option<f64>]) -> touchstone::Result<f64> {
        let values = present(rewards);
        let lowest = values.clone().fold(f64::INFINITY, f64::min);
        let highest = values.clone().fold(f64::NEG_INFINITY, f64::max);
        // The logarithm of a reward of 0 is minus infinity, and so is the sum: the mean is then exactly 0.
        let logarithm = values.clone().map(f64::ln).sum::<f64>() / values.count() as f64;
        // Rounding in `exp` must not carry the mean past the rewards it is a mean of.
        Ok(logarithm.exp().clamp(lowest, highest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometric_mean(rewards: &[f64]) -> f64 {
        let rewards: Vec<_> = rewards.iter().copied().map(Some).collect();
        GeometricMean {}.aggregate(&rewards).unwrap()
    }

    #[test]
    fn it_is_the_root_of_the_product() {
        assert!((geometric_mean(&[0.2, 0.8]) - 0.4).abs() < 1e-15);
        assert!((geometric_mean(&[0.5, 0.25, 0.125]) - 0.25).abs() < 1e-15);
    }

    #[test]
    fn a_reward_of_zero_makes_it_zero() {
        assert_eq!(geometric_mean(&[0.9, 0.0, 1.0]), 0.0);
    }

    #[test]
    fn equal_rewards_are_their_own_mean_however_many() {
        for reward in [0.1, 0.3, 1.0, 5e-324] {
            assert_eq!(geometric_mean(&vec![reward; 10_000]), reward);
        }
    }
}
