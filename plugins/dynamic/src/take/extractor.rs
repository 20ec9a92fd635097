//! Answer extractors behind a table.

use touchstone::{AnswerExtractor, Result};

use super::Taken;
use crate::Fault;
use crate::table::Text;
use crate::text::Kept;

pub(crate) struct TakenExtractor(pub Taken);

impl AnswerExtractor for TakenExtractor {
    fn extract(&self, solution: &str) -> Result<Option<String>> {
        let mut answer = Kept::default();
        let sink = answer.sink();
        self.0.call("extract", self.0.plugin().extract, None, |function, instance, failure| {
            // SAFETY: the solution and the sinks outlive the call.
            unsafe { function(instance, Text::of(solution), &sink, failure) }
        })?;
        answer.text().map_err(|not_utf8| self.0.error("extract", &Fault::Answer(not_utf8)))
    }
}
