//! From an answer's choices to completions.

use serde_json::Value;
use touchstone::generator::{Completion, GenerationRequest};

use crate::log_probabilities::{positions, tokens};
use crate::stop::{By, Ended, finish};

/// Why a choice is no completion.
#[derive(Debug, PartialEq)]
pub(crate) enum Unusable {
    /// It ends for this reason, as JSON.
    FinishReason(String),
    /// It tells no log-probabilities, and candidates are to be read.
    NoLogProbabilities,
}

/// Whether this is an answer at all; if not, what is wrong. Gateways answer with other JSON while a server starts.
pub(crate) fn check(answer: &Value) -> Result<(), String> {
    let choices = answer.get("choices").and_then(Value::as_array);
    let Some(choices) = choices.filter(|choices| !choices.is_empty()) else {
        return Err("its answer holds no `choices`".to_owned());
    };
    match choices.iter().all(|choice| written(choice).is_some()) {
        true => Ok(()),
        false => Err("a choice in its answer holds no text".to_owned()),
    }
}

/// The choices, by their index where they have one.
pub(crate) fn choices(answer: &Value) -> Vec<&Value> {
    let mut choices: Vec<&Value> = answer.get("choices").and_then(Value::as_array).into_iter().flatten().collect();
    choices.sort_by_key(|choice| choice.get("index").and_then(Value::as_u64));
    choices
}

/// How many tokens the answer's completions have, if it says so.
pub(crate) fn token_count(answer: &Value) -> Option<u64> {
    answer.get("usage")?.get("completion_tokens")?.as_u64()
}

/// The completion that a choice is.
pub(crate) fn completion(choice: &Value, request: &GenerationRequest) -> Result<Completion, Unusable> {
    let written = written(choice).unwrap_or_default();
    let ended = ended(choice)?;
    let positions = positions(choice).unwrap_or_default();
    if positions.is_empty() && !written.is_empty() && !request.candidates.is_empty() {
        return Err(Unusable::NoLogProbabilities);
    }
    let covered = written.len();
    let finished = finish(written, ended, &request.stop);
    let tokens = tokens(&positions, &finished.text, covered, &request.candidates);
    Ok(Completion { text: finished.text, finish: finished.finish, tokens })
}

/// The text that was written. A reasoning parser takes the text before its end mark out of `content`; where it finds no mark,
/// that is all of it, and `content` is empty.
fn written(choice: &Value) -> Option<String> {
    if let Some(text) = choice.get("text").and_then(Value::as_str) {
        return Some(text.to_owned());
    }
    let message = choice.get("message")?.as_object()?;
    let part = |name: &str| message.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let reasoning = part("reasoning_content").or_else(|| part("reasoning")).unwrap_or_default();
    Some(reasoning.to_owned() + part("content").unwrap_or_default())
}

fn ended(choice: &Value) -> Result<Ended, Unusable> {
    match choice.get("finish_reason") {
        Some(Value::String(reason)) if reason == "length" => Ok(Ended::Length),
        Some(Value::String(reason)) if reason == "stop" => Ok(Ended::Stopped(by(choice))),
        other => Err(Unusable::FinishReason(other.unwrap_or(&Value::Null).to_string())),
    }
}

/// vLLM says in `stop_reason` which text or token ended a completion, SGLang in `matched_stop`. Where the field is there and
/// holds no text, a token did: the end of the turn.
fn by(choice: &Value) -> By {
    match choice.get("stop_reason").or_else(|| choice.get("matched_stop")) {
        Some(Value::String(stop)) => By::Text(stop.clone()),
        Some(_) => By::EndOfTurn,
        None => By::Untold,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use touchstone::PluginSpec;
    use touchstone::generator::FinishReason;

    use super::*;

    fn request(stop: &[&str], candidates: &[&str]) -> GenerationRequest {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        GenerationRequest {
            samples: 1,
            max_tokens: 8,
            stop: owned(stop),
            sampler: PluginSpec::named("greedy"),
            seed: 42,
            candidates: owned(candidates),
        }
    }

    #[test]
    fn what_is_no_answer_is_told() {
        for (answer, told) in [
            (json!([]), "`choices`"),
            (json!({"error": "warming up"}), "`choices`"),
            (json!({"choices": []}), "`choices`"),
            (json!({"choices": [{"text": "a"}, {}]}), "no text"),
            (json!({"choices": [{"message": null}]}), "no text"),
        ] {
            assert!(check(&answer).unwrap_err().contains(told), "{answer}");
        }
        assert_eq!(check(&json!({"choices": [{"text": ""}, {"message": {"content": null}}]})), Ok(()));
    }

    #[test]
    fn a_reasoning_parser_loses_no_text() {
        for (message, text) in [
            (json!({"content": "Yes"}), "Yes"),
            (json!({"content": "", "reasoning_content": " Yes"}), " Yes"),
            (json!({"content": null, "reasoning": " Yes"}), " Yes"),
            (json!({"content": "Yes", "reasoning_content": "So: "}), "So: Yes"),
            (json!({"content": "Yes", "reasoning_content": null}), "Yes"),
        ] {
            let choice = json!({"message": message, "finish_reason": "length"});
            assert_eq!(completion(&choice, &request(&[], &[])).unwrap().text, text, "{message}");
        }
    }

    #[test]
    fn a_finish_reason_is_stop_or_length_and_any_other_is_named() {
        let finish = |choice: Value| completion(&choice, &request(&["\n"], &[])).map(|completion| completion.finish);
        assert_eq!(finish(json!({"text": "a", "finish_reason": "length"})), Ok(FinishReason::Length));
        let stopped = |reason| json!({"text": "a", "finish_reason": "stop", "stop_reason": reason});
        assert_eq!(finish(stopped(json!("\n"))), Ok(FinishReason::Stop));
        assert_eq!(finish(stopped(Value::Null)), Ok(FinishReason::EndOfText));
        assert_eq!(finish(stopped(json!(151645))), Ok(FinishReason::EndOfText));
        let matched = json!({"text": "a", "finish_reason": "stop", "matched_stop": "\n"});
        assert_eq!(finish(matched), Ok(FinishReason::Stop));
        assert_eq!(finish(json!({"text": "a", "finish_reason": "stop"})), Ok(FinishReason::Stop));
        for (reason, told) in [(json!("content_filter"), "\"content_filter\""), (Value::Null, "null")] {
            let given = finish(json!({"text": "a", "finish_reason": reason}));
            assert_eq!(given, Err(Unusable::FinishReason(told.to_owned())));
        }
        assert_eq!(finish(json!({"text": "a"})), Err(Unusable::FinishReason("null".to_owned())));
    }

    #[test]
    fn tokens_after_the_stop_text_go_with_what_they_say() {
        let choice = json!({"text": "Yes\nNo", "finish_reason": "length", "logprobs": {
            "tokens": ["Yes", "\n", "No"], "token_logprobs": [-1, -2, -3]}});
        let completion = completion(&choice, &request(&["\n"], &[])).unwrap();
        assert_eq!(completion.text, "Yes\n");
        assert_eq!(completion.tokens.iter().map(|token| token.offset).collect::<Vec<_>>(), [0, 3]);
    }

    #[test]
    fn a_stop_text_that_was_cut_off_has_its_token_where_the_server_tells_it() {
        for (tokens, offsets) in [(json!(["Yes", "\n"]), vec![0, 3]), (json!(["Yes"]), vec![0])] {
            let choice = json!({"text": "Yes", "finish_reason": "stop", "stop_reason": "\n", "logprobs": {
                "tokens": tokens, "token_logprobs": [-1, -2]}});
            let completion = completion(&choice, &request(&["\n"], &[])).unwrap();
            assert_eq!(completion.text, "Yes\n");
            assert_eq!(completion.tokens.iter().map(|token| token.offset).collect::<Vec<_>>(), offsets);
        }
    }

    #[test]
    fn candidates_need_log_probabilities_unless_there_is_no_text() {
        let told = |text| completion(&json!({"text": text, "finish_reason": "length"}), &request(&[], &[" Yes"]));
        assert_eq!(told("a"), Err(Unusable::NoLogProbabilities));
        assert!(told("").is_ok());
    }

    #[test]
    fn choices_come_in_the_order_of_their_indices() {
        let answer = json!({"choices": [{"index": 1, "text": "b"}, {"index": 0, "text": "a"}]});
        let texts: Vec<_> = choices(&answer).iter().map(|choice| choice["text"].as_str().unwrap()).collect();
        assert_eq!(texts, ["a", "b"]);
    }
}
