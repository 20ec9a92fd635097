//! The two tokens whose log-probabilities are weighed against each other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::log_probabilities::sound;

/// What a model says of a step: one of two texts. Each stands for its last token, encoded without special tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Candidates {
    /// Said of a wrong step; `-` unless told otherwise.
    pub incorrect: String,
    /// Said of a right one; `+` unless told otherwise. The reward is the softmax of the two log-probabilities at this one.
    pub correct: String,
}

impl Default for Candidates {
    fn default() -> Self {
        Self { incorrect: "-".to_owned(), correct: "+".to_owned() }
    }
}

/// A candidate under the server's tokenizer.
#[derive(Debug, PartialEq)]
pub(super) struct Candidate {
    /// As the settings have it.
    pub text: String,
    /// Its last token.
    pub token: u32,
    /// Whether that token is the whole text, so that it is known by it.
    whole: bool,
}

impl Candidate {
    /// Of a setting's text with these tokens.
    pub fn new(text: &str, tokens: &[u32]) -> Result<Self> {
        let token = *tokens.last().ok_or_else(|| Error::NoToken { what: "candidate", text: text.to_owned() })?;
        Ok(Self { text: text.to_owned(), token, whole: tokens.len() == 1 })
    }

    /// Its log-probability in an entry of `prompt_logprobs`: an object from token ids to what is told of each.
    pub fn in_prompt(&self, entry: &Value) -> Option<f64> {
        let told = entry.get(self.token.to_string())?;
        sound(told.get("logprob").unwrap_or(told))
    }

    /// Its log-probability at one place of a choice's `logprobs`, in either of their forms: among the likeliest tokens, or as
    /// the token that stands there, which need not be among them.
    pub fn at(&self, logprobs: &Value, place: usize) -> Option<f64> {
        if let Some(position) = logprobs.get("content").and_then(|content| content.get(place)) {
            let likeliest = position.get("top_logprobs").and_then(Value::as_array).into_iter().flatten();
            return likeliest
                .chain([position])
                .filter(|entry| self.is(entry))
                .find_map(|entry| sound(entry.get("logprob")?));
        }
        let of = |field: &str| logprobs.get(field)?.get(place);
        let likeliest = of("top_logprobs").and_then(Value::as_object).into_iter().flatten();
        let told = likeliest.filter(|(text, _)| self.is_called(text)).find_map(|(_, value)| sound(value));
        told.or_else(|| self.is_called(of("tokens")?.as_str()?).then(|| sound(of("token_logprobs")?))?)
    }

    /// Whether an entry of the list form is of this token. Its id decides where it is told: several tokens may look the same.
    fn is(&self, entry: &Value) -> bool {
        match entry.get("id").and_then(Value::as_u64) {
            Some(id) => id == u64::from(self.token),
            None => entry.get("token").and_then(Value::as_str).is_some_and(|text| self.is_called(text)),
        }
    }

    /// Whether the token goes by this name: `token_id:` and its number, as vLLM names tokens where it is asked to, or its text.
    fn is_called(&self, name: &str) -> bool {
        match name.strip_prefix("token_id:") {
            Some(number) => number.parse() == Ok(self.token),
            None => self.whole && name == self.text,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plus() -> Candidate {
        Candidate::new("+", &[27]).unwrap()
    }

    #[test]
    fn a_candidate_is_its_last_token_and_one_without_tokens_is_refused() {
        let candidate = Candidate::new(" good", &[3, 9]).unwrap();
        assert_eq!((candidate.token, candidate.whole), (9, false));
        assert!(Candidate::new("", &[]).unwrap_err().to_string().contains("\"\""));
    }

    #[test]
    fn the_entries_of_a_prompt_are_found_by_their_ids() {
        let entry = json!({"27": {"logprob": -1.5, "rank": 2, "decoded_token": "+"}, "28": {"logprob": -9.0}});
        assert_eq!(plus().in_prompt(&entry), Some(-1.5));
        assert_eq!(plus().in_prompt(&json!({"27": -2.5})), Some(-2.5));
        assert_eq!(plus().in_prompt(&json!({"28": {"logprob": -1.0}})), None);
        assert_eq!(plus().in_prompt(&Value::Null), None);
    }

    #[test]
    fn both_forms_are_read_by_id_before_text() {
        let lists = |name: &str| json!({"tokens": ["a", "b"], "token_logprobs": [null, -3], "top_logprobs": [null, {name: -1}]});
        assert_eq!(plus().at(&lists("+"), 1), Some(-1.0));
        assert_eq!(plus().at(&lists("token_id:27"), 1), Some(-1.0));
        assert_eq!(plus().at(&lists("token_id:28"), 1), None);
        assert_eq!(plus().at(&lists("+"), 0), None);
        assert_eq!(Candidate::new("x+", &[1, 27]).unwrap().at(&lists("x+"), 1), None);
        let content = |id: Value| {
            json!({"content": [{"token": "a", "logprob": -3, "top_logprobs": [
            {"id": id, "token": "+", "logprob": -1}]}]})
        };
        assert_eq!(plus().at(&content(json!(27)), 0), Some(-1.0));
        assert_eq!(plus().at(&content(json!(28)), 0), None);
        assert_eq!(plus().at(&content(Value::Null), 0), Some(-1.0));
    }

    #[test]
    fn the_token_that_stands_there_counts_though_it_is_not_among_the_likeliest() {
        let lists = json!({"tokens": ["+"], "token_logprobs": [-7.5], "top_logprobs": [{"a": -1}]});
        assert_eq!(plus().at(&lists, 0), Some(-7.5));
        let content = json!({"content": [{"id": 27, "token": "+", "logprob": -7.5, "top_logprobs": []}]});
        assert_eq!(plus().at(&content, 0), Some(-7.5));
    }
}
