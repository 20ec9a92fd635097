//! Aggregators behind the table.

use std::ffi::c_void;

use touchstone::Aggregator;

use super::{Given, close, guarded};
use crate::table::{Plugin, TextSink};
use crate::text::slice;

type Instance = Given<dyn Aggregator>;

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
        guarded(failure, || {
            let given = Instance::of(instance)?;
            let rewards = slice(rewards, length).unwrap_or_default();
            let rewards = rewards.iter().map(|reward| (!reward.is_nan()).then_some(*reward));
            *value = given.plugin.aggregate(&rewards.collect::<Vec<_>>())?;
            Ok(())
        })
    }
}
