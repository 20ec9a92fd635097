//! Answer equivalences behind a table.

use touchstone::Result;
use touchstone::answer::{AnswerEquivalence, AnswerKey};

use super::Taken;
use crate::Fault;
use crate::table::Text;
use crate::text::Kept;

pub(crate) struct TakenAnswers(pub Taken);

impl AnswerEquivalence for TakenAnswers {
    fn key(&self, answer: Option<&str>) -> Result<Option<AnswerKey>> {
        let mut key = Kept::default();
        let sink = key.sink();
        self.0.call("key", self.0.plugin().key, None, |function, instance, failure| {
            // SAFETY: the answer and the sinks outlive the call.
            unsafe { function(instance, answer.map_or(Text::NONE, Text::of), &sink, failure) }
        })?;
        self.read("key", key)
    }

    fn gold(&self, answer: &str) -> Result<Option<AnswerKey>> {
        if self.0.plugin().gold.is_none() {
            return self.key(Some(answer));
        }
        let mut key = Kept::default();
        let sink = key.sink();
        self.0.call("gold", self.0.plugin().gold, None, |function, instance, failure| {
            // SAFETY: the answer and the sinks outlive the call.
            unsafe { function(instance, Text::of(answer), &sink, failure) }
        })?;
        self.read("gold", key)
    }
}

impl TakenAnswers {
    fn read(&self, call: &str, key: Kept) -> Result<Option<AnswerKey>> {
        let key = key.text().map_err(|not_utf8| self.0.error(call, &Fault::Key(not_utf8)))?;
        Ok(key.map(AnswerKey))
    }
}
