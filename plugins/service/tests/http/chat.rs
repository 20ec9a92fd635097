//! `POST /v1/chat/completions`.

use serde_json::{Value, json};

use crate::bench::Bench;

/// The data of server-sent events, which end with `[DONE]`.
pub fn events(text: &str) -> Vec<Value> {
    let data: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    let (last, events) = data.split_last().unwrap_or_else(|| panic!("no events: {text}"));
    assert_eq!(*last, "[DONE]");
    events.iter().map(|event| serde_json::from_str(event).unwrap()).collect()
}

fn request(model: &str, more: Value) -> Value {
    let mut request = json!({ "model": model, "messages": [{ "role": "user", "content": "2 + 2?" }] });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

#[test]
fn the_answer_is_the_solution_that_the_strategy_picks() {
    let bench = Bench::with("");
    let told = bench.post("/v1/chat/completions", &request("best", json!({}))).json();
    assert_eq!(told["object"], "chat.completion");
    assert_eq!(told["choices"][0]["message"]["content"], "A longer one.\n\nThe answer is (B), surely.");
    assert_eq!(told["choices"][0]["finish_reason"], "stop");
    assert_eq!((&told["touchstone"]["answer"], &told["usage"]["completion_tokens"]), (&json!("B"), &json!(3)));
    assert!(told["touchstone"].get("candidates").is_none());
    let voted = bench.post("/v1/chat/completions", &request("majority", json!({}))).json();
    assert_eq!(voted["touchstone"]["answer"], "C");
    assert_eq!(voted["touchstone"]["reason"], "majority vote: 2 of 3 votes");
}

#[test]
fn on_request_all_solutions_come_with_their_rewards() {
    let bench = Bench::with("");
    let more = json!({ "touchstone": { "candidates": true } });
    let told = bench.post("/v1/chat/completions", &request("best", more)).json();
    let candidates = told["touchstone"]["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 3);
    assert_eq!(candidates[0]["rewards"], json!([0.06, 0.18]));
    assert_eq!((&candidates[1]["value"], &candidates[1]["cot"]["answer"]), (&json!(0.26), &json!("B")));
    assert_eq!(candidates[2]["text"], "[User 2 + 2?]", "the model is asked in its own chat template");
}

#[test]
fn a_stream_is_the_same_answer_in_parts() {
    let bench = Bench::with("");
    let whole = bench.post("/v1/chat/completions", &request("best", json!({}))).json();
    let more = json!({ "stream": true, "stream_options": { "include_usage": true } });
    let streamed = bench.post("/v1/chat/completions", &request("best", more));
    assert!(streamed.headers["content-type"].to_str().unwrap().starts_with("text/event-stream"));
    let events = events(&streamed.text);
    let text: String = events.iter().filter_map(|event| event["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(text, whole["choices"][0]["message"]["content"].as_str().unwrap());
    assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
    let ending = &events[events.len() - 2];
    assert_eq!((&ending["choices"][0]["finish_reason"], &ending["touchstone"]), (&json!("stop"), &whole["touchstone"]));
    let last = events.last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]), (&json!([]), &whole["usage"]));
    assert!(events.iter().all(|event| event["id"] == events[0]["id"] && event["object"] == "chat.completion.chunk"));
}

#[test]
fn a_server_behind_it_that_has_gone_is_a_502_and_an_error_of_the_stream() {
    let bench = Bench::with("");
    let failed = bench.post("/v1/chat/completions", &request("gone", json!({})));
    assert_eq!(failed.fault(), (502, "upstream".to_owned()));
    assert_eq!(failed.json()["error"]["type"], "upstream_error");
    let streamed = bench.post("/v1/chat/completions", &request("gone", json!({ "stream": true })));
    let events = events(&streamed.text);
    assert_eq!(events.last().unwrap()["error"]["type"], "upstream_error");
}

#[test]
fn a_conversation_reaches_the_model_whole_and_a_template_gets_the_question() {
    let bench = Bench::with("");
    let messages = json!([{ "role": "developer", "content": "Be brief." }, { "role": "user", "content": [{ "type": "text", "text": "2 + 2?" }] },
                          { "role": "assistant", "content": "4" }, { "role": "user", "content": "Sure?" }]);
    let more = json!({ "messages": messages, "touchstone": { "candidates": true } });
    let told = bench.post("/v1/chat/completions", &request("best", more)).json();
    assert_eq!(told["touchstone"]["candidates"][2]["text"], "[System Be brief.][User 2 + 2?][Assistant 4][User Sure?]");
    let more = json!({ "touchstone": { "category": "computer_science" } });
    let told = bench.post("/v1/chat/completions", &request("by-template", more)).json();
    let text = told["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(text.contains("computer science") && text.ends_with("2 + 2?"), "{text}");
}
