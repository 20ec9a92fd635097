//! `last_k_mean`: how a CoT ends.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use touchstone::aggregator::{Aggregator, mean_of_rewards};

/// The mean of the last k rewards; of all of them where there are fewer.
///
/// Assumes that the end of a CoT tells most, as `last` does, but does not let a single reward decide. With `k: 1` it is
/// `last`, and with a k beyond every CoT's length it is `mean`.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LastKMean {
    /// How many rewards count, from the end; at least 1.
    #[serde(default = "three")]
    pub k: NonZeroUsize,
}

const fn three() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(2)
}

touchstone::register!(Aggregator, "last_k_mean", LastKMean);

impl Aggregator for LastKMean {
    fn aggregate(&self, rewards: &[Option<f64>]) -> touchstone::Result<f64> {
        let start = rewards.len().saturating_sub(self.k.get());
        Ok(mean_of_rewards(&rewards[start..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last_k_mean(settings: &str, rewards: &[Option<f64>]) -> f64 {
        serde_json::from_str::<LastKMean>(settings).unwrap().aggregate(rewards).unwrap()
    }

    #[test]
    fn the_last_three_count_unless_told_otherwise() {
        let rewards = [Some(0.0), Some(0.25), Some(0.5), Some(0.75)];
        assert_eq!(last_k_mean("{}", &rewards), 0.5);
        assert_eq!(last_k_mean(r#"{"k": 2}"#, &rewards), 0.625);
        assert_eq!(last_k_mean(r#"{"k": 1}"#, &rewards), 0.75);
    }

    #[test]
    fn a_short_cot_counts_whole_and_a_missing_reward_counts_one_half() {
        assert_eq!(last_k_mean(r#"{"k": 9}"#, &[Some(1.0), None]), 0.75);
    }

    #[test]
    fn a_k_of_zero_is_refused() {
        let message = serde_json::from_str::<LastKMean>(r#"{"k": 0}"#).unwrap_err().to_string();
        assert!(message.contains("nonzero"), "{message}");
    }
}
