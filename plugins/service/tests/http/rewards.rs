//! `POST /v1/rewards`.

use std::thread;

use serde_json::{Value, json};

use crate::bench::Bench;

#[test]
fn cots_come_as_text_or_steps_and_get_rewards_a_value_and_what_goes_with_them() {
    let bench = Bench::with("");
    let request =
        json!({ "question": "2 + 2?", "cots": ["It is 4.\n\nThe answer is (B).", ["abc", "missing"], [], ""] });
    let answer = bench.post("/v1/rewards", &request);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let told = answer.json();
    assert_eq!((&told["verifier"], &told["aggregator"]), (&json!("length"), &json!({ "type": "last" })));
    let cots = told["cots"].as_array().unwrap();
    assert_eq!(cots[0]["steps"], json!(["It is 4.", "The answer is (B)."]));
    assert_eq!(cots[0]["rewards"], json!([0.08, 0.18]));
    assert_eq!((&cots[0]["value"], &cots[0]["answer"], &cots[0]["tokens"]), (&json!(0.18), &json!("B"), &json!(26)));
    assert_eq!(cots[1]["rewards"], json!([0.03, null]));
    assert_eq!((&cots[1]["missing"], &cots[1]["value"], &cots[1]["steps"]), (&json!(1), &json!(0.5), &Value::Null));
    for empty in &cots[2..] {
        assert_eq!(
            (&empty["rewards"], &empty["value"]),
            (&json!([]), &json!(0.5)),
            "a CoT without steps counts one half"
        );
    }
    assert!(cots.iter().all(|cot| cot.get("rationales").is_none()));
}

#[test]
fn a_request_names_its_verifier_and_its_aggregator_and_may_ask_for_rationales() {
    let bench = Bench::with("");
    let request = json!({ "question": "?", "cots": [["abc", "a"]], "verifier": "second", "rationales": true });
    let told = bench.post("/v1/rewards", &request).json();
    assert_eq!((&told["verifier"], &told["cots"][0]["value"]), (&json!("second"), &json!(0.01)));
    assert_eq!(told["cots"][0]["rationales"][0]["text"], "So it is.");
    for (aggregator, value) in [(json!("max"), 0.03), (json!({ "type": "mean" }), 0.02)] {
        let request = json!({ "question": "?", "cots": [["abc", "a"]], "aggregator": aggregator });
        assert_eq!(bench.post("/v1/rewards", &request).json()["cots"][0]["value"], value);
    }
}

#[test]
fn many_at_once_get_what_each_gets_alone() {
    let bench = Bench::with("");
    let request = |client: usize| {
        let cots: Vec<Value> =
            (0..=client % 5).map(|cot| json!(["x".repeat(client + 1), "y".repeat(cot + 1)])).collect();
        // Some clients ask the same question.
        json!({ "question": format!("question {}", client % 7), "cots": cots })
    };
    let cots_of = |client| bench.post("/v1/rewards", &request(client)).json()["cots"].clone();
    let alone: Vec<Value> = (0..64).map(cots_of).collect();
    let cots_of = &cots_of;
    let together: Vec<Value> = thread::scope(|scope| {
        let clients: Vec<_> = (0..64).map(|client| scope.spawn(move || cots_of(client))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    assert_eq!(alone, together);
    assert!(alone.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn one_that_fails_says_so_and_the_next_one_works() {
    let bench = Bench::with("");
    let failed = bench.post("/v1/rewards", &json!({ "question": "?", "cots": [["fail"]] }));
    assert_eq!(failed.status, 500);
    let message = failed.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("this step is too hard"), "{message}");
    assert_eq!(bench.post("/v1/rewards", &json!({ "question": "?", "cots": [["a"]] })).status, 200);
}
