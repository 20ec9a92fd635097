//! A scoring job over a server: what it journalled is never asked for again.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use touchstone::data::TestSet;
use touchstone::jobs::{DataFingerprint, Scoring};
use touchstone::{PluginSpec, Verifier};

use super::context;
use super::server::{Behaviour, Recorded, Server, Wrong};
use super::tokens::{self, Shape};

const QUESTIONS: usize = 6;

fn write_test_set(folder: &Path) -> TestSet {
    let row = |id: usize| {
        json!({"q_id": id, "question": format!("Question {id}?"), "answer": "A", "cot_ids": [0, 1],
            "cots": [["a", "b"], ["c"]], "parsed_answers": ["A", null]})
        .to_string()
    };
    let rows: Vec<String> = (0..QUESTIONS).map(row).collect();
    std::fs::write(folder.join("law.jsonl"), rows.join("\n")).unwrap();
    TestSet::open(&folder.to_str().unwrap().parse().unwrap()).unwrap()
}

fn run(server: &Server, test_set: &TestSet, folder: &Path) -> touchstone::Result<usize> {
    let verifier: PluginSpec<dyn Verifier> = PluginSpec::named("remote_dprm")
        .with("url", server.url())
        .with("model", "small")
        .with("concurrency", 1)
        .with("retries", 0)
        .with("api_key_variable", "");
    let context = context();
    let fingerprint = DataFingerprint::of(test_set)?;
    let scoring = Scoring {
        context: &context,
        verifier: &verifier,
        test_set,
        fingerprint: &fingerprint,
        folder,
        shard: None,
        keep_rationales: false,
    };
    Ok(scoring.run()?.first().map_or(0, |category| category.resumed))
}

/// The texts of the CoTs that the server was asked for.
fn asked(requests: &[Recorded]) -> Vec<String> {
    let prompts = requests.iter().filter_map(|request| request.body["prompt"].as_array());
    let texts = prompts.map(|prompt| tokens::text(&tokens::numbers(&Value::from(prompt.clone()))));
    texts.filter(|text| text.starts_with("Question")).collect()
}

/// A server that fails at the fourth question's CoTs as long as it is broken.
fn breakable(broken: &Arc<AtomicBool>) -> Server {
    let broken = Arc::clone(broken);
    Server::with_faults(Behaviour { shape: Shape::Vllm, ..Behaviour::default() }, move |_, request| {
        let text = request.body["prompt"].as_array().map(|prompt| tokens::text(&tokens::numbers(&json!(prompt))))?;
        let fails = broken.load(Ordering::SeqCst) && text.starts_with("Question 3");
        fails.then(|| Wrong::Status(500, "", "out of memory".to_owned()))
    })
}

/// A server that tells the same distribution everywhere, one in which both candidates are as likely: rewards of one half.
fn undecided() -> Server {
    Server::with_faults(Behaviour { shape: Shape::Vllm, ..Behaviour::default() }, |_, request| {
        let length = request.body["prompt"].as_array()?.len();
        let even = json!({"43": {"logprob": -1.0}, "45": {"logprob": -1.0}});
        let list: Vec<Value> = std::iter::once(Value::Null).chain(std::iter::repeat_n(even, length - 1)).collect();
        let body = json!({"choices": [{"index": 0, "text": "a", "finish_reason": "length", "prompt_logprobs": list,
            "logprobs": {"tokens": ["token_id:97"], "token_logprobs": [-1.0],
                "top_logprobs": [{"token_id:43": -1.0, "token_id:45": -1.0}]}}]});
        Some(Wrong::Status(200, "", body.to_string()))
    })
}

#[test]
fn what_was_journalled_is_not_asked_for_again_and_stays_as_it_was() {
    let data = tempfile::tempdir().unwrap();
    let test_set = write_test_set(data.path());
    let (undisturbed, interrupted) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let broken = Arc::new(AtomicBool::new(true));
    let server = breakable(&broken);
    let told = run(&server, &test_set, interrupted.path()).unwrap_err().to_string();
    assert!(told.contains("out of memory") && told.contains("question 3"), "{told}");
    let before = asked(&server.requests());
    broken.store(false, Ordering::SeqCst);
    run(&server, &test_set, undisturbed.path()).unwrap();

    // It goes on with a server elsewhere, which would give other rewards to what is done.
    let elsewhere = undecided();
    let resumed = run(&elsewhere, &test_set, interrupted.path()).unwrap();
    assert_eq!(resumed, 6);
    let after = asked(&elsewhere.requests());
    assert_eq!(after.len(), 2 * QUESTIONS - resumed);
    assert!(after.iter().all(|text| !before.contains(text) || text.starts_with("Question 3")), "{after:?}");

    let rewards = |folder: &Path| -> Vec<Value> {
        let text = std::fs::read_to_string(folder.join("law_reward.json")).unwrap();
        let rows: Value = serde_json::from_str(&text).unwrap();
        rows.as_array().unwrap().iter().map(|row| row["rewards"].clone()).collect()
    };
    let (kept, whole) = (rewards(interrupted.path()), rewards(undisturbed.path()));
    assert_eq!(kept[..3], whole[..3]);
    assert!(kept[3..].iter().all(|row| *row == json!([[0.5, 0.5], [0.5]])), "{kept:?}");

    let seen = elsewhere.requests().len();
    assert_eq!(run(&elsewhere, &test_set, interrupted.path()).unwrap(), 0, "a second run does nothing");
    assert_eq!(elsewhere.requests().len(), seen);
    let provenance = std::fs::read_to_string(interrupted.path().join("provenance.json")).unwrap();
    assert!(!provenance.contains("127.0.0.1") && provenance.contains("small"), "{provenance}");
}
