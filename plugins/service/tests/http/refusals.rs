//! What is refused, and how the client is told.

use std::net::SocketAddr;
use std::path::Path;
use std::thread;

use serde_json::{Value, json};
use touchstone::{Context, Registry};
use touchstone_service::{Detail, Error, Key, Keyless, Listener, Log, Opening, Server, ServiceRecipe};

use crate::bench::Bench;
use crate::plugins::{BEGUN, RELEASED, STOPPED};

#[test]
fn a_field_that_is_wrong_is_named() {
    let bench = Bench::with("limits: { cots: 2 }");
    for (request, field) in [
        (json!({ "cots": ["a"] }), "broken_request"),
        (json!({ "question": 3, "cots": ["a"] }), "question"),
        (json!({ "question": "?", "cots": [] }), "cots"),
        (json!({ "question": "?", "cots": ["a", "b", "c"] }), "cots"),
        (json!({ "question": "?", "cots": ["a", { "text": "b" }] }), "cots[1]"),
        (json!({ "question": "?", "cots": ["a"], "aggregator": "medain" }), "aggregator"),
        (json!({ "question": "?", "cots": ["a"], "aggregator": { "type": "min", "x": 1 } }), "aggregator"),
        (json!({ "question": "?", "cots": ["a"], "verifer": "length" }), "verifer"),
        (json!(1), "broken_request"),
    ] {
        assert_eq!(bench.post("/v1/rewards", &request).fault(), (400, field.to_owned()), "{request}");
    }
    let unknown = bench.post("/v1/rewards", &json!({ "question": "?", "cots": ["a"], "verifier": "third" }));
    assert_eq!(unknown.fault(), (404, "verifier".to_owned()));
    assert!(unknown.text.contains("length, second"), "{}", unknown.text);
    for (request, field) in [
        (json!({ "model": "best", "messages": [{ "role": "tool", "content": "x" }] }), "messages[0].role"),
        (
            json!({ "model": "best", "messages": [{ "role": "user", "content": [{ "type": "image_url" }] }] }),
            "messages[0].content",
        ),
        (json!({ "model": "best", "messages": [{ "role": "user", "content": "?" }], "n": 3 }), "n"),
        (json!({ "model": "best", "messages": [{ "role": "user", "content": "?" }], "max_tokens": 0 }), "max_tokens"),
        (
            json!({ "model": "best", "messages": [{ "role": "user", "content": "?" }], "touchstone": { "all": 1 } }),
            "touchstone.all",
        ),
    ] {
        assert_eq!(bench.post("/v1/chat/completions", &request).fault(), (400, field.to_owned()), "{request}");
    }
    let unknown = bench
        .post("/v1/chat/completions", &json!({ "model": "gpt", "messages": [{ "role": "user", "content": "?" }] }));
    assert_eq!(unknown.fault(), (404, "model".to_owned()));
}

#[test]
fn what_is_no_json_too_large_or_nowhere_is_refused() {
    let bench = Bench::with("limits: { body_bytes: 1000 }");
    let json = [("content-type", "application/json")];
    assert_eq!(bench.send("/v1/rewards", "{\"question\":", &json).fault().0, 400);
    assert_eq!(bench.send("/v1/rewards", "{} {}", &json).fault().0, 400);
    assert_eq!(bench.send("/v1/rewards", "\u{0}\u{ffff}", &json).fault().0, 400);
    assert_eq!(bench.send("/v1/rewards", "{}", &[("content-type", "text/plain")]).fault(), (415, "no_json".to_owned()));
    let large = json!({ "question": "x".repeat(2000), "cots": ["a"] });
    assert_eq!(bench.post("/v1/rewards", &large).fault(), (413, "too_large".to_owned()));
    assert_eq!(bench.get("/v1/reward").fault(), (404, "not_found".to_owned()));
    assert_eq!(bench.get("/v1/rewards").fault(), (405, "method_not_allowed".to_owned()));
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(400));
    assert_eq!(bench.send("/v1/rewards", &deep, &json).fault().0, 400);
}

#[test]
fn without_the_key_nothing_is_told_but_that_it_is_well() {
    let bench = Bench::of("", Some("secret"), Detail::Requests);
    let request = json!({ "question": "?", "cots": ["a"] }).to_string();
    let with = |key: &str| {
        bench.send("/v1/rewards", &request, &[("content-type", "application/json"), ("authorization", key)])
    };
    assert_eq!(with("Bearer secret").status, 200);
    for wrong in ["Bearer secre", "Bearer secrets", "Basic secret", "secret"] {
        let refused = with(wrong);
        assert_eq!(refused.fault(), (401, "invalid_api_key".to_owned()), "{wrong}");
        assert_eq!(refused.headers["www-authenticate"], "Bearer");
    }
    for path in ["/v1/models", "/metrics", "/openapi.json", "/nowhere"] {
        assert_eq!(bench.get(path).status, 401, "{path}");
    }
    assert_eq!(bench.get("/healthz").status, 200);
}

#[test]
fn a_service_that_others_can_reach_needs_a_key_or_a_word() {
    let everywhere: SocketAddr = ([0, 0, 0, 0], 0).into();
    let refused = Listener::bind(everywhere, None, Keyless::Loopback).unwrap_err();
    assert!(
        matches!(refused, Error::NoKey { .. }) && refused.to_string().contains("TOUCHSTONE_SERVICE_KEY"),
        "{refused}"
    );
    assert!(Listener::bind(everywhere, None, Keyless::Anywhere).is_ok());
    assert!(Listener::bind(everywhere, Key::new("secret").as_ref(), Keyless::Loopback).is_ok());
    let taken = Listener::bind(([127, 0, 0, 1], 0).into(), None, Keyless::Loopback).unwrap();
    let twice = Listener::bind(taken.address(), None, Keyless::Loopback).unwrap_err();
    assert!(twice.to_string().contains(&taken.address().to_string()), "{twice}");
}

#[test]
fn a_full_queue_says_when_to_come_again_and_is_free_once_one_is_done() {
    let bench = Bench::with("limits: { queue: 1 }");
    let hold = json!({ "question": "?", "cots": [["hold:full"]] });
    thread::scope(|scope| {
        let first = scope.spawn(|| bench.post("/v1/rewards", &hold));
        BEGUN.wait_for("full");
        let refused = bench.post("/v1/rewards", &json!({ "question": "?", "cots": ["a"] }));
        assert_eq!(refused.fault(), (429, "queue_full".to_owned()));
        assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
        let chat = json!({ "model": "best", "messages": [{ "role": "user", "content": "?" }], "stream": true });
        assert_eq!(bench.post("/v1/chat/completions", &chat).status, 429, "also where it would stream");
        assert_eq!(bench.get("/healthz").status, 200, "what takes no work is answered all the same");
        RELEASED.put("full");
        assert_eq!(first.join().unwrap().status, 200);
    });
    assert_eq!(bench.post("/v1/rewards", &json!({ "question": "?", "cots": ["a"] })).status, 200);
}

#[test]
fn what_takes_too_long_is_stopped_and_told() {
    let bench = Bench::with("limits: { seconds: 0.3 }");
    let late = bench.post("/v1/rewards", &json!({ "question": "?", "cots": [["hold:late"]] }));
    assert_eq!(late.fault(), (504, "timeout".to_owned()));
    STOPPED.wait_for("late");
    let chat =
        |stream: bool| json!({ "model": "holds", "messages": [{ "role": "user", "content": "?" }], "stream": stream });
    assert_eq!(bench.post("/v1/chat/completions", &chat(false)).fault(), (504, "timeout".to_owned()));
    let streamed = bench.post("/v1/chat/completions", &chat(true));
    assert_eq!(streamed.status, 200, "a stream has begun by then");
    let events: Vec<Value> = crate::chat::events(&streamed.text);
    assert_eq!(events.last().unwrap()["error"]["code"], "timeout");
}

#[test]
fn a_strategy_that_goes_by_rewards_and_has_no_verifier_is_known_before_the_first_request() {
    let recipe = "
version: 1
solvers:
  - { name: best, generator: { type: scripted, texts: [a] }, strategy: { type: best_of_n, samples: 2 } }
";
    let context = Context::new(Registry::builtin());
    let opening = Opening { context: &context, folder: Path::new("."), key: None, log: Log::default() };
    let error = Server::open(ServiceRecipe::from_yaml(recipe).unwrap(), opening, &context).err().unwrap().to_string();
    assert!(error.contains("\"best\"") && error.contains("give it a verifier"), "{error}");
}
