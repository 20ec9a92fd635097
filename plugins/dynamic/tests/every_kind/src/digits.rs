//! An answer equivalence.

use touchstone_sdk::answer::{AnswerEquivalence, AnswerKey};
use touchstone_sdk::{Error, Result};

/// Answers are the same when their digits are. A gold answer without digits is an error.
#[touchstone_sdk::settings]
pub struct Digits {}

impl AnswerEquivalence for Digits {
    fn key(&self, answer: Option<&str>) -> Result<Option<AnswerKey>> {
        let Some(answer) = answer else { return Ok(Some(AnswerKey("absent".to_owned()))) };
        let digits: String = answer.chars().filter(char::is_ascii_digit).collect();
        Ok((!digits.is_empty()).then_some(AnswerKey(digits)))
    }

    fn gold(&self, answer: &str) -> Result<Option<AnswerKey>> {
        match self.key(Some(answer))? {
            Some(key) => Ok(Some(key)),
            None => Err(Error::plugin("digits", format!("the gold answer {answer:?} has no digits"))),
        }
    }
}
