//! The tokens of a completion and their log-probabilities, from both forms in which servers tell them.
//!
//! | form | whose |
//! |---|---|
//! | `logprobs: {tokens, token_logprobs, top_logprobs, text_offset}` | vLLM's and SGLang's `/completions` |
//! | `logprobs: {content: [{token, logprob, bytes, top_logprobs: [{token, logprob, bytes}]}]}` | every `/chat/completions`, llama.cpp's `/completions` |

use serde_json::Value;
use touchstone::generator::CompletionToken;

use crate::placement::place;

/// How far above 0 a log-probability may lie by rounding.
const ROUNDING: f64 = 0.01;

/// One position of a completion.
#[derive(Debug, PartialEq)]
pub(crate) struct Position {
    sampled: Told,
    likeliest: Vec<Told>,
}

/// A token's text and its log-probability, as a server tells them.
#[derive(Debug, PartialEq)]
struct Told {
    bytes: Vec<u8>,
    log_probability: Option<f64>,
}

/// The positions of a choice; none where the server tells no log-probabilities.
pub(crate) fn positions(choice: &Value) -> Option<Vec<Position>> {
    let told = choice.get("logprobs")?;
    if let Some(content) = told.get("content").and_then(Value::as_array) {
        let position = |entry: &Value| {
            let likeliest = entry.get("top_logprobs").map(likeliest).unwrap_or_default();
            Some(Position { sampled: one(entry)?, likeliest })
        };
        return content.iter().map(position).collect();
    }
    let tokens = told.get("tokens")?.as_array()?;
    let own = told.get("token_logprobs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let top = told.get("top_logprobs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let position = |(place, token): (usize, &Value)| {
        let log_probability = own.get(place).and_then(sound);
        let sampled = Told { bytes: token.as_str()?.as_bytes().to_vec(), log_probability };
        Some(Position { sampled, likeliest: top.get(place).map(likeliest).unwrap_or_default() })
    };
    tokens.iter().enumerate().map(position).collect()
}

/// The likeliest tokens of a position: an object from text to log-probability, or a list of entries.
fn likeliest(told: &Value) -> Vec<Told> {
    match told {
        Value::Object(entries) => {
            let told = |(text, value): (&String, &Value)| Told {
                bytes: text.as_bytes().to_vec(),
                log_probability: sound(value),
            };
            entries.iter().map(told).collect()
        }
        Value::Array(entries) => entries.iter().filter_map(one).collect(),
        _ => Vec::new(),
    }
}

/// A token of the list form. Its bytes are preferred to its text, which cannot hold part of a character.
fn one(entry: &Value) -> Option<Told> {
    let text = entry.get("token")?.as_str()?;
    let byte = |value: &Value| value.as_u64().and_then(|byte| u8::try_from(byte).ok());
    let bytes = entry.get("bytes").and_then(Value::as_array);
    let bytes = bytes.and_then(|bytes| bytes.iter().map(byte).collect::<Option<Vec<u8>>>());
    // Some builds give an empty list for tokens that have a text.
    let bytes = bytes.filter(|bytes| !bytes.is_empty()).unwrap_or_else(|| text.as_bytes().to_vec());
    Some(Told { bytes, log_probability: entry.get("logprob").and_then(sound) })
}

/// A log-probability; none for `null` (how NaN arrives) and for what can be none.
pub(crate) fn sound(value: &Value) -> Option<f64> {
    value.as_f64().filter(|value| *value <= ROUNDING).map(|value| value.min(0.0))
}

/// The tokens of `text`, with a value for each candidate. `covered` bytes of it are the server's own, and the positions must
/// add up to them; otherwise there are no tokens, rather than tokens at wrong places.
pub(crate) fn tokens(
    positions: &[Position],
    text: &str,
    covered: usize,
    candidates: &[String],
) -> Vec<CompletionToken> {
    let pieces: Vec<&[u8]> = positions.iter().map(|position| &*position.sampled.bytes).collect();
    let places = place(&pieces, text, covered).unwrap_or_default();
    let token = |(position, place): (&Position, Option<usize>)| {
        Some(CompletionToken {
            offset: place?,
            log_probability: position.sampled.log_probability,
            candidates: candidates.iter().map(|candidate| position.of(candidate)).collect(),
        })
    };
    positions.iter().zip(places).filter_map(token).collect()
}

impl Position {
    /// The log-probability of the token with this text: among the likeliest, or the sampled one, which need not be among
    /// them. Where several tokens have the same text, the likeliest of them.
    fn of(&self, candidate: &str) -> Option<f64> {
        let all = self.likeliest.iter().chain([&self.sampled]);
        let same = all.filter(|told| told.bytes == candidate.as_bytes());
        same.filter_map(|told| told.log_probability).max_by(f64::total_cmp)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(logprobs: Value, text: &str, candidates: &[&str]) -> Vec<CompletionToken> {
        let candidates: Vec<String> = candidates.iter().map(|text| (*text).to_owned()).collect();
        tokens(&positions(&json!({ "logprobs": logprobs })).unwrap(), text, text.len(), &candidates)
    }

    fn token(offset: usize, log_probability: Option<f64>, candidates: &[Option<f64>]) -> CompletionToken {
        CompletionToken { offset, log_probability, candidates: candidates.to_vec() }
    }

    #[test]
    fn the_form_of_completions_is_read_whatever_its_offsets() {
        for offsets in [json!([100, 103]), json!([0, 3]), Value::Null] {
            let told = json!({
                "tokens": ["Is:", " Yes"],
                "token_logprobs": [-0.5, -0.25],
                "top_logprobs": [{"Is:": -0.5}, {" No": -1.5, " Yes": -0.25}],
                "text_offset": offsets,
            });
            let wanted = [token(0, Some(-0.5), &[None, None]), token(3, Some(-0.25), &[Some(-0.25), Some(-1.5)])];
            assert_eq!(read(told, "Is: Yes", &[" Yes", " No"]), wanted);
        }
    }

    #[test]
    fn the_form_of_chats_is_read_with_its_bytes() {
        let told = json!({"content": [
            {"token": "\u{fffd}", "logprob": -1.0, "bytes": [0xe2, 0x88], "top_logprobs": []},
            {"token": "\u{fffd}", "logprob": -0.5, "bytes": [0x9a]},
            {"token": " No", "logprob": -2.0, "bytes": null, "top_logprobs": [
                {"token": " Yes", "logprob": -0.125, "bytes": [32, 89, 101, 115]}]},
        ]});
        let wanted =
            [token(0, Some(-1.0), &[None]), token(0, Some(-0.5), &[None]), token(3, Some(-2.0), &[Some(-0.125)])];
        assert_eq!(read(told, "√ No", &[" Yes"]), wanted);
    }

    #[test]
    fn the_sampled_token_counts_though_it_is_not_among_the_likeliest() {
        let told = json!({"tokens": [" No"], "token_logprobs": [-9.5], "top_logprobs": [{" Yes": -0.01}]});
        assert_eq!(read(told, " No", &[" No", " Yes"])[0].candidates, [Some(-9.5), Some(-0.01)]);
    }

    #[test]
    fn a_candidate_is_the_whole_token() {
        let told = json!({"tokens": ["Yes"], "token_logprobs": [-0.5], "top_logprobs": [{"Yes": -0.5, " Yes!": -1.0}]});
        assert_eq!(read(told, "Yes", &[" Yes", "Ye"])[0].candidates, [None, None]);
    }

    #[test]
    fn nan_is_missing_and_what_is_above_zero_by_rounding_is_zero() {
        let told = json!({
            "tokens": ["a", "b", "c", "d"],
            "token_logprobs": [null, 1e-7, 3.0, "x"],
            "top_logprobs": [null, {"b": 1e-7, "x": null}, {"x": 5}, {}],
        });
        let wanted =
            [token(0, None, &[None]), token(1, Some(0.0), &[None]), token(2, None, &[None]), token(3, None, &[None])];
        assert_eq!(read(told, "abcd", &["x"]), wanted);
    }

    #[test]
    fn tokens_that_do_not_add_up_are_none() {
        let told = json!({"tokens": ["It", "is"], "token_logprobs": [-1, -1]});
        assert_eq!(read(told, "It is", &[]), []);
    }

    #[test]
    fn a_choice_without_log_probabilities_has_no_positions() {
        for choice in [json!({}), json!({"logprobs": null}), json!({"logprobs": {"content": null}})] {
            assert_eq!(positions(&choice), None, "{choice}");
        }
    }
}
