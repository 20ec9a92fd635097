//! The aggregator `mean` as a third party writes it in Rust.

use touchstone_sdk::Result;
use touchstone_sdk::aggregator::{Aggregator, mean_of_rewards};

/// The arithmetic mean of the rewards.
#[touchstone_sdk::settings]
pub struct Mean {}

impl Aggregator for Mean {
    fn aggregate(&self, rewards: &[Option<f64>]) -> Result<f64> {
        Ok(mean_of_rewards(rewards))
    }
}

touchstone_sdk::register!(Aggregator, "mean_in_rust", Mean);
touchstone_sdk::export!(Mean);
