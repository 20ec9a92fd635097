//! `last`: the reward that was given once the whole CoT was read.

use serde::{Deserialize, Serialize};
use touchstone::aggregator::{Aggregator, MISSING, present};

/// The last reward.
///
/// Assumes that the verifier read the whole CoT before its last step: so it is the natural choice for outcome reward models,
/// and the paper's for its discriminative one (dORM).
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Last {}

touchstone::register!(Aggregator, "last", Last);

impl Aggregator for Last {
    fn aggregate(&self, rewards: &[Option<f64>]) -> touchstone::Result<f64> {
        Ok(present(rewards).next_back().unwrap_or(MISSING))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_reward_counts_even_where_it_is_missing() {
        assert_eq!(Last {}.aggregate(&[Some(0.1), Some(0.9)]).unwrap(), 0.9);
        assert_eq!(Last {}.aggregate(&[Some(0.9), None]).unwrap(), 0.5);
    }
}
