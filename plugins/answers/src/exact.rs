//! `exact`: the same text.

use serde::{Deserialize, Serialize};
use touchstone::answer::{AnswerEquivalence, AnswerKey};

/// Answers are the same when their text is, but for case and white space.
///
/// Assumes that answers come in one form: names, yes or no, words. A blank answer is none.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exact {
    /// Whether case tells answers apart: `ignore` (the default) or `keep`.
    #[serde(default)]
    pub case: Case,
}

/// Whether case tells answers apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// `Paris` is `paris`.
    #[default]
    Ignore,
    /// `Paris` is not `paris`.
    Keep,
}

touchstone::register!(AnswerEquivalence, "exact", Exact);

impl AnswerEquivalence for Exact {
    fn key(&self, answer: Option<&str>) -> touchstone::Result<Option<AnswerKey>> {
        let text = collapsed(answer.unwrap_or_default());
        let text = match self.case {
            Case::Ignore => lower_case(&text),
            Case::Keep => text,
        };
        Ok((!text.is_empty()).then_some(AnswerKey(text)))
    }
}

/// The text trimmed, with every run of white space made one space.
pub(crate) fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text in lower case, letter by letter: unlike `str::to_lowercase`, a Greek word's last sigma is like any other.
pub(crate) fn lower_case(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(|letter| if letter == 'ς' { 'σ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(case: Case, answer: &str) -> String {
        Exact { case }.key(Some(answer)).unwrap().unwrap().0
    }

    #[test]
    fn case_and_white_space_mean_nothing() {
        assert_eq!(key(Case::Ignore, " The\u{a0} River\r\nPlate "), "the river plate");
        assert_eq!(key(Case::Ignore, "ΟΔΟΣ"), key(Case::Ignore, "οδος"));
    }

    #[test]
    fn case_can_be_kept() {
        assert_eq!(key(Case::Keep, " Na  Cl"), "Na Cl");
        assert_ne!(key(Case::Keep, "NaCl"), key(Case::Keep, "nacl"));
    }

    #[test]
    fn an_absent_or_blank_answer_has_no_key() {
        for answer in [None, Some(""), Some(" \n\u{3000}")] {
            assert_eq!(Exact::default().key(answer).unwrap(), None);
        }
    }
}
