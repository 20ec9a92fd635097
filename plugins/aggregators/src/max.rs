//! `max`: the best thing that was said of a CoT.

use serde::{Deserialize, Serialize};
use touchstone::aggregator::{Aggregator, present};

/// The highest reward.
///
/// Assumes that one convincing step or verdict is enough. That is hardly ever true of steps, which makes it a useful
/// control: a verifier whose step rewards mean something should do worse under `max` than under `min`.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Max {}

touchstone::register!(Aggregator, "max", Max);

impl Aggregator for Max {
    fn aggregate(&self, rewards: &[Option<f64>]) -> touchstone::Result<f64> {
        Ok(present(rewards).fold(f64::NEG_INFINITY, f64::max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_step_counts_and_a_missing_one_is_one_half() {
        assert_eq!(Max {}.aggregate(&[Some(0.3), Some(0.8)]).unwrap(), 0.8);
        assert_eq!(Max {}.aggregate(&[Some(0.3), None]).unwrap(), 0.5);
    }
}
