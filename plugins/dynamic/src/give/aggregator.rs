//! Aggregators behind the table.

use std::ffi::c_void;

use touchstone::Aggregator;

use super::{Given, close};
use crate::table::{Plugin, TextSink};
use crate::text::slice;

type Instance = Given<dyn Aggregator>;

/// Rewards up to this many are converted without an allocation: an aggregator is called once for every CoT.
const ON_THE_STACK: usize = 64;

pub(super) const fn functions(plugin: Plugin) -> Plugin {
    Plugin { close: Some(close::<dyn Aggregator>), aggregate: Some(aggregate), ..plugin }
}

unsafe extern "C" fn aggregate(
    instance: *mut c_void,
    rewards: *const f64,
    length: usize,
    value: *mut f64,
    failure: *const TextSink,
) -> i32 {
    // SAFETY: by the contract of the table everything is valid for the call.
    unsafe {
        Instance::call(instance, failure, |given| {
            let numbers = slice(rewards, length).unwrap_or_default();
            let reward = |number: &f64| (!number.is_nan()).then_some(*number);
            let mut buffer = [None; ON_THE_STACK];
            let many: Vec<_>;
            let rewards = match buffer.get_mut(..numbers.len()) {
                Some(rewards) => {
                    rewards.iter_mut().zip(numbers).for_each(|(place, number)| *place = reward(number));
                    &*rewards
                }
                None => {
                    many = numbers.iter().map(reward).collect();
                    &many
                }
            };
            *value = given.plugin.aggregate(rewards)?;
            Ok(())
        })
    }
}
