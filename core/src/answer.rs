//! Final answers: when two of them are the same, and when one is right.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Result;

/// The canonical form of a final answer. Two answers are equivalent exactly when their keys are equal, so equivalence is
/// symmetric and transitive by construction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AnswerKey(pub String);

impl fmt::Display for AnswerKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Decides when two final answers are the same.
///
/// **Who calls it, when, with what.** Evaluation calls [`key`](Self::key) once for the answer of every CoT and
/// [`gold`](Self::gold) once for every gold answer, from many threads, before any vote is held. Answers are raw: in any
/// case, padded, empty, absent, or a page of text.
///
/// **What must hold.** A key follows from the text alone and takes bounded time, linear in the text's length or so. A CoT
/// is right when its key equals the gold's. A CoT with no key takes part in no vote and is never right.
///
/// **What may go wrong.** An error concerns one answer, never the run: evaluation counts it, and the CoT has no key.
///
/// # A whole equivalence
/// ```
/// use touchstone::answer::{AnswerEquivalence, AnswerKey};
///
/// /// Answers are the same when their letters and digits are.
/// #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// pub struct Alphanumeric {}
///
/// impl AnswerEquivalence for Alphanumeric {
///     fn key(&self, answer: Option<&str>) -> touchstone::Result<Option<AnswerKey>> {
///         let kept: String = answer.unwrap_or_default().chars().filter(|c| c.is_alphanumeric()).collect();
///         Ok((!kept.is_empty()).then(|| AnswerKey(kept.to_lowercase())))
///     }
/// }
///
/// touchstone::register!(AnswerEquivalence, "alphanumeric", Alphanumeric);
/// # fn main() {}
/// ```
pub trait AnswerEquivalence: Send + Sync {
    /// The canonical form of a CoT's answer; `None` where there is no answer.
    fn key(&self, answer: Option<&str>) -> Result<Option<AnswerKey>>;

    /// The canonical form of a gold answer. Provided: as a CoT's.
    fn gold(&self, answer: &str) -> Result<Option<AnswerKey>> {
        self.key(Some(answer))
    }
}

/// The paper's protocol for multiple choice: an answer is one letter, A to J, in either case.
///
/// Answers are trimmed first. Everything else, an absent answer included, is the answer "N/A", which takes part in votes and
/// is right only where the gold says "N/A". The gold is trimmed and compared without case, and never turned into "N/A".
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MultipleChoice {}

crate::register!(AnswerEquivalence, "multiple_choice", MultipleChoice);

impl AnswerEquivalence for MultipleChoice {
    fn key(&self, answer: Option<&str>) -> Result<Option<AnswerKey>> {
        let letter = match answer.map(python_strip).map(str::as_bytes) {
            Some([letter @ (b'A'..=b'J' | b'a'..=b'j')]) => char::from(letter.to_ascii_lowercase()).to_string(),
            _ => "n/a".to_owned(),
        };
        Ok(Some(AnswerKey(letter)))
    }

    fn gold(&self, answer: &str) -> Result<Option<AnswerKey>> {
        Ok(Some(AnswerKey(python_strip(answer).to_lowercase())))
    }
}

/// Trims what Python's `str.strip` trims: Unicode white space, and the four separators U+001C to U+001F besides.
fn python_strip(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(answer: Option<&str>) -> String {
        MultipleChoice {}.key(answer).unwrap().unwrap().0
    }

    #[test]
    fn a_letter_in_either_case_is_the_same_answer() {
        assert_eq!(key(Some(" c\n")), key(Some("C")));
        assert_eq!(key(Some("\u{1f}J\u{a0}")), "j");
    }

    #[test]
    fn everything_else_is_not_available() {
        for answer in [None, Some(""), Some("K"), Some("AB"), Some("(C)"), Some("I."), Some("Ａ"), Some("N/A")] {
            assert_eq!(key(answer), "n/a", "{answer:?}");
        }
    }

    #[test]
    fn only_a_gold_that_says_so_makes_not_available_right() {
        let gold = |text| MultipleChoice {}.gold(text).unwrap().unwrap().0;
        assert_eq!(gold(" n/A "), key(None));
        assert_ne!(gold("(C)"), key(Some("(C)")));
        assert_eq!(gold(" c"), key(Some("C")));
    }
}
