//! Answer equivalences behind the table.

use std::ffi::c_void;

use touchstone::answer::AnswerKey;
use touchstone::{AnswerEquivalence, Result};

use super::{Given, close, misused, required};
use crate::table::{Plugin, Text, TextSink};

type Instance = Given<dyn AnswerEquivalence>;

pub(super) const fn functions(plugin: Plugin) -> Plugin {
    Plugin { close: Some(close::<dyn AnswerEquivalence>), key: Some(key), gold: Some(gold), ..plugin }
}

unsafe extern "C" fn key(instance: *mut c_void, answer: Text, sink: *const TextSink, failure: *const TextSink) -> i32 {
    // SAFETY: by the contract of the table everything is valid for the call.
    unsafe {
        Instance::call(instance, failure, |given| {
            let answer = answer.read().map_err(|error| misused(format!("the answer is not UTF-8: {error}")))?;
            put(given.plugin.key(answer)?, sink)
        })
    }
}

unsafe extern "C" fn gold(instance: *mut c_void, answer: Text, sink: *const TextSink, failure: *const TextSink) -> i32 {
    // SAFETY: by the contract of the table everything is valid for the call.
    unsafe {
        Instance::call(instance, failure, |given| put(given.plugin.gold(required(answer, "gold answer")?)?, sink))
    }
}

/// # Safety
/// The sink must be null or valid for the call.
unsafe fn put(key: Option<AnswerKey>, sink: *const TextSink) -> Result<()> {
    // SAFETY: the caller vouches for it.
    if let (Some(key), Some(sink)) = (key, unsafe { sink.as_ref() }) {
        // SAFETY: as above.
        unsafe { sink.put(&key.0) }
    }
    Ok(())
}
