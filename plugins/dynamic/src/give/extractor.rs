//! Answer extractors behind the table.

use std::ffi::c_void;

use touchstone::AnswerExtractor;

use super::{Given, close, required};
use crate::table::{Plugin, Text, TextSink};

type Instance = Given<dyn AnswerExtractor>;

pub(super) const fn functions(plugin: Plugin) -> Plugin {
    Plugin { close: Some(close::<dyn AnswerExtractor>), extract: Some(extract), ..plugin }
}

unsafe extern "C" fn extract(
    instance: *mut c_void,
    solution: Text,
    sink: *const TextSink,
    failure: *const TextSink,
) -> i32 {
    // SAFETY: by the contract of the table everything is valid for the call.
    unsafe {
        Instance::call(instance, failure, |given| {
            let answer = given.plugin.extract(required(solution, "solution")?)?;
            if let (Some(answer), Some(sink)) = (answer, sink.as_ref()) {
                sink.put(&answer);
            }
            Ok(())
        })
    }
}
