//! Step splitters behind a table.

use std::ffi::c_void;
use std::ops::Range;

use touchstone::Result;
use touchstone::splitter::{StepSplitter, texts};

use super::Taken;
use crate::Fault;
use crate::table::{RangeSink, Text};

pub(crate) struct TakenSplitter(pub Taken);

impl StepSplitter for TakenSplitter {
    fn split(&self, solution: &str) -> Result<Vec<Range<usize>>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let sink = RangeSink { sink: (&raw mut ranges).cast(), put: Some(keep) };
        self.0.call("split", self.0.plugin().split, None, |split, instance, failure| {
            // SAFETY: the solution and the sinks outlive the call.
            unsafe { split(instance, Text::of(solution), &sink, failure) }
        })?;
        match texts(solution, &ranges) {
            Ok(_) => Ok(ranges),
            Err(error) => Err(self.0.error("split", &Fault::Range(error.to_string()))),
        }
    }
}

unsafe extern "C" fn keep(sink: *mut c_void, start: usize, end: usize) {
    // SAFETY: the sink is the list of the call that is under way, on this thread, and nothing else touches it meanwhile.
    if let Some(ranges) = unsafe { sink.cast::<Vec<Range<usize>>>().as_mut() } {
        ranges.push(start..end);
    }
}
