//! `regex`: steps by a pattern of the user's.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use touchstone::StepSplitter;

use crate::spans::{steps_from, trimmed};

/// Steps as a regular expression says: it matches what stands between two steps, or how a step begins.
///
/// Assumes that you know your data's form. Patterns are those of Rust's `regex` crate: Unicode, no look-around, `(?m)` lets
/// `^` and `$` match at line ends. What stands before the first match is a step, too. Matches of no text separate nothing.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Regex {
    /// The regular expression, as in `\n-{3,}\n`.
    pub pattern: Pattern,
    /// What its matches are: a `separator` between two steps, which is dropped (the default), or the `start` of a step.
    #[serde(default)]
    pub marks: Marks,
}

/// What the matches of a pattern are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Marks {
    /// What stands between two steps; it is dropped.
    #[default]
    Separator,
    /// How a step begins; it is the first part of the step.
    Start,
}

touchstone::register!(StepSplitter, "regex", Regex);

impl StepSplitter for Regex {
    fn split(&self, solution: &str) -> touchstone::Result<Vec<Range<usize>>> {
        let matches = self.pattern.0.find_iter(solution).map(|found| found.range());
        Ok(match self.marks {
            Marks::Start => steps_from(solution, matches.map(|found| found.start)),
            Marks::Separator => {
                let mut begin = 0;
                let end = solution.len();
                let separators = matches.filter(|found| !found.is_empty()).chain(std::iter::once(end..end));
                let pieces = separators.map(|separator| std::mem::replace(&mut begin, separator.end)..separator.start);
                pieces.filter_map(|piece| trimmed(solution, piece)).collect()
            }
        })
    }
}

/// A regular expression, compiled when it is read, so that a wrong one is found before any work starts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(regex::Regex);

impl TryFrom<String> for Pattern {
    type Error = regex::Error;
    fn try_from(pattern: String) -> Result<Self, regex::Error> {
        regex::Regex::new(&pattern).map(Self)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0.as_str().to_owned()
    }
}

impl schemars::JsonSchema for Pattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Pattern".into()
    }
    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "regex" })
    }
}

#[cfg(test)]
mod tests {
    use touchstone::splitter::steps;

    use super::*;

    fn cut(settings: serde_json::Value, text: &str) -> Vec<String> {
        let splitter: Regex = serde_json::from_value(settings).unwrap();
        steps(&splitter, text).unwrap().into_iter().map(|step| step.0).collect()
    }

    #[test]
    fn separators_are_dropped() {
        let settings = serde_json::json!({ "pattern": r"-{3,}" });
        assert_eq!(cut(settings, "a -- b\n---\nc------ ---d---"), ["a -- b", "c", "d"]);
    }

    #[test]
    fn starts_are_kept_and_what_comes_before_the_first_is_a_step() {
        let settings = serde_json::json!({ "pattern": r"(?m)^\*", "marks": "start" });
        assert_eq!(cut(settings, "See:\n* a * b\n* c"), ["See:", "* a * b", "* c"]);
    }

    #[test]
    fn a_match_of_no_text_separates_nothing_but_can_start_a_step() {
        assert_eq!(cut(serde_json::json!({ "pattern": "x*" }), "aéxxb"), ["aé", "b"]);
        assert_eq!(cut(serde_json::json!({ "pattern": "(?m)^", "marks": "start" }), "a\nb"), ["a", "b"]);
    }

    #[test]
    fn a_wrong_pattern_is_refused_and_the_place_is_shown() {
        let message = serde_json::from_str::<Regex>(r#"{"pattern": "a(b"}"#).unwrap_err().to_string();
        assert!(message.contains("a(b") && message.contains('^') && message.contains("unclosed group"), "{message}");
    }

    #[test]
    fn settings_come_back_as_they_were_written() {
        let settings = serde_json::json!({ "pattern": r"\n+", "marks": "separator" });
        let splitter: Regex = serde_json::from_value(settings.clone()).unwrap();
        assert_eq!(serde_json::to_value(splitter).unwrap(), settings);
    }
}
