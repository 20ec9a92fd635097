//! Aggregators behind a table.

use touchstone::{Aggregator, Result};

use super::Taken;
use crate::Fault;

/// Rewards up to this many are converted without an allocation: an aggregator is called once for every CoT.
const ON_THE_STACK: usize = 64;

pub(crate) struct TakenAggregator(pub Taken);

impl Aggregator for TakenAggregator {
    fn aggregate(&self, rewards: &[Option<f64>]) -> Result<f64> {
        let number = |reward: &Option<f64>| reward.unwrap_or(f64::NAN);
        let mut buffer = [0.0; ON_THE_STACK];
        let many: Vec<f64>;
        let numbers = match buffer.get_mut(..rewards.len()) {
            Some(numbers) => {
                numbers.iter_mut().zip(rewards).for_each(|(place, reward)| *place = number(reward));
                &*numbers
            }
            None => {
                many = rewards.iter().map(number).collect();
                &many
            }
        };
        let mut value = f64::NAN;
        self.0.call("aggregate", self.0.plugin().aggregate, None, |aggregate, instance, failure| {
            // SAFETY: the numbers, the value and the sink outlive the call.
            unsafe { aggregate(instance, numbers.as_ptr(), numbers.len(), &raw mut value, failure) }
        })?;
        if value.is_finite() {
            return Ok(value);
        }
        Err(self.0.error("aggregate", &Fault::NotFinite { value, rewards: rewards.len() }))
    }
}
