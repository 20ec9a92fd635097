//! `regex`: the answer by a pattern of the user's.

use serde::{Deserialize, Serialize};
use touchstone::{AnswerExtractor, Result};

/// The answer is what the group of a regular expression matches, where it matches last.
///
/// Assumes that you know the form of your solutions. The pattern has one group in round brackets, which stands for the answer, as
/// in `(?i)result:\s*(\S+)`; further groups are written `(?:…)`. Patterns are those of Rust's `regex` crate: Unicode, no
/// look-around, `(?m)` lets `^` and `$` match at line ends, `(?i)` passes case over. The answer is trimmed, and a match whose group
/// is empty or blank is passed over.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Regex {
    /// The regular expression, with one group, as in `(?i)result:\s*(\S+)`.
    pub pattern: Pattern,
}

touchstone::register!(AnswerExtractor, "regex", Regex);

impl AnswerExtractor for Regex {
    fn extract(&self, solution: &str) -> Result<Option<String>> {
        let groups = self.pattern.0.captures_iter(solution).filter_map(|found| found.get(1));
        let answers = groups.map(|group| group.as_str().trim()).filter(|answer| !answer.is_empty());
        Ok(answers.last().map(str::to_owned))
    }
}

/// A regular expression with one group, compiled when it is read, so that a wrong one is found before any work starts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(regex::Regex);

/// What a compiled pattern may take, in bytes: `(\w{1000}){1000}` is refused, and nothing that a person writes.
const LARGEST: usize = 4 << 20;

impl TryFrom<String> for Pattern {
    type Error = String;
    fn try_from(pattern: String) -> Result<Self, String> {
        let compiled =
            regex::RegexBuilder::new(&pattern).size_limit(LARGEST).build().map_err(|error| error.to_string())?;
        // The whole match is a group, too.
        match compiled.captures_len() - 1 {
            1 => Ok(Self(compiled)),
            groups => Err(format!(
                "the pattern {pattern:?} has {groups} groups, and needs one, around the answer: write ( ) around it, and (?: ) \
                 for any other group"
            )),
        }
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
    use super::*;

    fn read(pattern: &str) -> serde_json::Result<Regex> {
        serde_json::from_value(serde_json::json!({ "pattern": pattern }))
    }

    fn answer(pattern: &str, solution: &str) -> Option<String> {
        read(pattern).unwrap().extract(solution).unwrap()
    }

    #[test]
    fn the_group_of_the_last_match_is_the_answer() {
        assert_eq!(answer(r"(?i)result:\s*(\S+)", "Result: 1\nRESULT:  é2 \n").as_deref(), Some("é2"));
        assert_eq!(answer(r"(?m)^(?:#|=)+ (.*)$", "# a\n== b c \n").as_deref(), Some("b c"));
    }

    #[test]
    fn no_match_and_a_blank_group_are_no_answer() {
        assert_eq!(answer("x(.*)", "abc"), None);
        assert_eq!(answer("x(.*)", "x1\nx \nx"), Some("1".to_owned()));
        assert_eq!(answer("x(y)?", "xy x").as_deref(), Some("y"));
    }

    #[test]
    fn a_pattern_that_is_wrong_too_large_or_has_not_one_group_is_refused() {
        let told = |pattern: &str| read(pattern).unwrap_err().to_string();
        assert!(told("a(b").contains("unclosed group"));
        assert!(told("ab").contains("has 0 groups") && told("(a)(b)").contains("has 2 groups"));
        assert!(told(r"(\w{1000}){1000}").contains("size limit"), "{}", told(r"(\w{1000}){1000}"));
    }

    #[test]
    fn settings_come_back_as_they_were_written() {
        let settings = serde_json::json!({ "pattern": r"=(\d+)" });
        let regex: Regex = serde_json::from_value(settings.clone()).unwrap();
        assert_eq!(serde_json::to_value(regex).unwrap(), settings);
    }
}
