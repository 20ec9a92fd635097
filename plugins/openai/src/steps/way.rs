//! How a server tells the distributions after the marks of a text.

use serde_json::{Map, Value, json};

use super::candidates::Candidate;

/// One of the ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By `prompt_logprobs`, which lists for each token of the prompt the distribution that it was one of.
    Prompt,
    /// By `echo`: the prompt is told again, with `logprobs` for it, too.
    Echo,
    /// By the distribution after the prompt alone.
    Prefixes,
}

/// All ways, the best first.
pub(super) const WAYS: [Way; 3] = [Way::Prompt, Way::Echo, Way::Prefixes];

impl Way {
    /// The request for the distributions of this prompt.
    pub fn body(
        self,
        model: &str,
        tokens: &[u32],
        log_probabilities: usize,
        extras: impl Iterator<Item = (&'static str, bool)>,
    ) -> Value {
        let mut body = Map::new();
        let mut add = |name: &str, value: Value| body.insert(name.to_owned(), value);
        add("model", json!(model));
        add("prompt", json!(tokens));
        add("max_tokens", json!(1));
        add("temperature", json!(0));
        add("logprobs", json!(log_probabilities));
        match self {
            Self::Prompt => add("prompt_logprobs", json!(log_probabilities)),
            Self::Echo => add("echo", json!(true)),
            Self::Prefixes => None,
        };
        for (name, value) in extras {
            add(name, json!(value));
        }
        Value::Object(body)
    }

    /// Whether a choice holds what this way promises of a prompt of so many tokens.
    pub fn is_kept_by(self, choice: &Value, tokens: usize) -> bool {
        let length = |pointer: &str| choice.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len);
        match self {
            Self::Prompt => length("/prompt_logprobs") == tokens && length_of_written(choice) >= 1,
            Self::Echo => length("/logprobs/top_logprobs") > tokens && length("/logprobs/tokens") > tokens,
            Self::Prefixes => length_of_written(choice) >= 1,
        }
    }

    /// The log-probability of a candidate for the token that follows the one at `place`, in a prompt of so many tokens.
    pub fn after(self, place: usize, tokens: usize, choice: &Value, candidate: &Candidate) -> Option<f64> {
        let next = place + 1;
        let logprobs = choice.get("logprobs")?;
        match self {
            Self::Prompt if next < tokens => candidate.in_prompt(choice.get("prompt_logprobs")?.get(next)?),
            Self::Echo => candidate.at(logprobs, next),
            Self::Prompt | Self::Prefixes => candidate.at(logprobs, 0),
        }
    }
}

/// For how many tokens that were written log-probabilities are told.
fn length_of_written(choice: &Value) -> usize {
    let lists = ["/logprobs/content", "/logprobs/tokens"];
    lists.iter().find_map(|list| choice.pointer(list)?.as_array()).map_or(0, Vec::len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abilities::OF_READING;

    #[test]
    fn each_way_asks_for_what_it_reads() {
        let fields = |way: Way| {
            let body = way.body("m", &[1, 2], 20, OF_READING.into_iter());
            let own = ["prompt_logprobs", "echo"].map(|field| body.get(field).cloned());
            assert_eq!(
                (&body["prompt"], &body["max_tokens"], &body["logprobs"]),
                (&json!([1, 2]), &json!(1), &json!(20))
            );
            assert_eq!(body["return_tokens_as_token_ids"], json!(true));
            own
        };
        assert_eq!(fields(Way::Prompt), [Some(json!(20)), None]);
        assert_eq!(fields(Way::Echo), [None, Some(json!(true))]);
        assert_eq!(fields(Way::Prefixes), [None, None]);
    }

    #[test]
    fn an_ignored_field_is_noticed() {
        let ignored = json!({"logprobs": {"tokens": ["x"], "token_logprobs": [-1], "top_logprobs": [{"x": -1}]}});
        assert_eq!(WAYS.map(|way| way.is_kept_by(&ignored, 3)), [false, false, true]);
        assert_eq!(WAYS.map(|way| way.is_kept_by(&json!({"logprobs": null}), 3)), [false; 3]);
        let of_prompt = json!({"prompt_logprobs": [null, {}, {}], "logprobs": {"content": [{}]}});
        assert_eq!(WAYS.map(|way| way.is_kept_by(&of_prompt, 3)), [true, false, true]);
    }
}
