//! `prod`: the probability that all steps are right.

use serde::{Deserialize, Serialize};
use touchstone::aggregator::{Aggregator, present};

/// The product of the rewards, from the first to the last.
///
/// Assumes that the rewards are the probabilities of independent steps being right, so that the product is the probability
/// that all are (Lightman et al. 2023). Long CoTs score lower whatever they say, and thousands of steps come to 0;
/// `geometric_mean` takes the length out.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prod {}

touchstone::register!(Aggregator, "prod", Prod);

impl Aggregator for Prod {
    fn aggregate(&self, rewards: &[Option<f64>]) -> touchstone::Result<f64> {
        Ok(present(rewards).product())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_product_runs_from_left_to_right() {
        let rewards = [0.1, 0.7, 0.3];
        assert_ne!(0.1 * 0.7 * 0.3, 0.1 * (0.7 * 0.3), "the test can tell the two orders apart");
        assert_eq!(Prod {}.aggregate(&rewards.map(Some)).unwrap(), 0.1 * 0.7 * 0.3);
    }

    #[test]
    fn a_product_too_small_for_a_number_is_zero() {
        assert_eq!(Prod {}.aggregate(&[Some(0.1); 10_000]).unwrap(), 0.0);
    }
}
