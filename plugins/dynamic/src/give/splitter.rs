//! Step splitters behind the table.

use std::ffi::c_void;

use touchstone::StepSplitter;

use super::{Given, close, required};
use crate::table::{Plugin, RangeSink, Text, TextSink};

type Instance = Given<dyn StepSplitter>;

pub(super) const fn functions(plugin: Plugin) -> Plugin {
    Plugin { close: Some(close::<dyn StepSplitter>), split: Some(split), ..plugin }
}

unsafe extern "C" fn split(
    instance: *mut c_void,
    solution: Text,
    ranges: *const RangeSink,
    failure: *const TextSink,
) -> i32 {
    // SAFETY: by the contract of the table everything is valid for the call.
    unsafe {
        Instance::call(instance, failure, |given| {
            for range in given.plugin.split(required(solution, "solution")?)? {
                if let Some(RangeSink { sink, put: Some(put) }) = ranges.as_ref() {
                    put(*sink, range.start, range.end);
                }
            }
            Ok(())
        })
    }
}
