//! An aggregator.

use touchstone_sdk::Result;
use touchstone_sdk::aggregator::{Aggregator, mean_of_rewards};

/// The mean, as the built-in `mean` has it.
#[touchstone_sdk::settings]
pub struct Average {}

impl Aggregator for Average {
    fn aggregate(&self, rewards: &[Option<f64>]) -> Result<f64> {
        Ok(mean_of_rewards(rewards))
    }
}
