//! What is told of the service, and what is noted down.

use serde_json::{Value, json};
use touchstone_service::Detail;

use crate::bench::Bench;

const SECRET: &str = "the patient's name";

fn noted(detail: Detail) -> Vec<String> {
    let bench = Bench::of("", None, detail);
    let request = json!({ "question": SECRET, "cots": [SECRET] });
    bench.send(
        "/v1/rewards",
        &request.to_string(),
        &[("content-type", "application/json"), ("x-request-id", "rollout-7")],
    );
    bench.post("/v1/rewards", &json!({ "question": "?", "cots": [SECRET, { "a": SECRET }] }));
    bench.get(&format!("/{}", SECRET.replace(' ', "%20")));
    bench.lines.lock().unwrap().clone()
}

#[test]
fn sizes_and_ids_are_noted_down_and_nothing_of_what_is_said() {
    let lines = noted(Detail::Requests);
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| !line.contains("patient")), "{lines:?}");
    let first: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(
        (&first["id"], &first["endpoint"], &first["status"]),
        (&json!("rollout-7"), &json!("/v1/rewards"), &json!(200))
    );
    assert!(first["request_bytes"].as_u64().unwrap() > 50 && first["answer_bytes"].as_u64().unwrap() > 50);
    assert!(lines[2].contains("\"other\""), "{}", lines[2]);
}

#[test]
fn more_or_less_is_noted_down_only_where_it_is_asked_for() {
    assert!(noted(Detail::Nothing).is_empty());
    let lines = noted(Detail::Content);
    assert!(lines[0].contains(SECRET), "{lines:?}");
}

#[test]
fn an_answer_has_the_id_of_its_request() {
    let bench = Bench::with("");
    let body = json!({ "question": "?", "cots": ["a"] }).to_string();
    let headers = [("content-type", "application/json"), ("x-request-id", "rollout-7")];
    let answer = bench.send("/v1/rewards", &body, &headers);
    assert_eq!(
        (&answer.headers["x-request-id"], &answer.json()["id"]),
        (&"rollout-7".parse().unwrap(), &json!("rollout-7"))
    );
    let strange = bench.send("/v1/rewards", &body, &[("content-type", "application/json"), ("x-request-id", "a b")]);
    assert_eq!(strange.headers["x-request-id"].to_str().unwrap(), strange.json()["id"].as_str().unwrap());
    assert_ne!(strange.json()["id"], "a b");
}

#[test]
fn models_figures_and_the_description_are_there() {
    let bench = Bench::with("");
    let models = bench.get("/v1/models").json();
    let kinds: Vec<(&str, &str)> = models["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| (model["id"].as_str().unwrap(), model["kind"].as_str().unwrap()))
        .collect();
    assert!(kinds.contains(&("best", "solver")) && kinds.contains(&("length", "verifier")), "{kinds:?}");
    assert_eq!(bench.get("/v1/models/best").json()["id"], "best");
    assert_eq!(bench.get("/v1/models/worst").fault(), (404, "model".to_owned()));
    bench.post("/v1/rewards", &json!({ "question": "?", "cots": [["a", "missing"], ["bb"]] }));
    let metrics = bench.get("/metrics");
    assert!(metrics.headers["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    for line in [
        "touchstone_requests_total{endpoint=\"/v1/rewards\",status=\"200\"} 1",
        "touchstone_requests_total{endpoint=\"/v1/models\",status=\"404\"} 1",
        "touchstone_cots_total{model=\"length\"} 2",
        "touchstone_missing_rewards_total{model=\"length\"} 1",
        "touchstone_tokens_total{model=\"length\"} 2",
    ] {
        assert!(metrics.text.lines().any(|told| told == line), "{line}\n{}", metrics.text);
    }
    let described = bench.get("/openapi.json").json();
    assert!(described["paths"]["/v1/rewards"]["post"].is_object());
    assert_eq!(described, touchstone_service::openapi());
}
