//! What is refused, and what the message says.

use serde_json::json;
use touchstone::Templates;
use touchstone_report::view::{self, View};

use crate::sample::{Sample, rewards, templates};

fn refusal(sample: &Sample, view: &View) -> String {
    let message = view::write(view, &templates(), &sample.path("out")).unwrap_err().to_string();
    assert!(!sample.path("out/index.html").exists(), "no page is better than a wrong one");
    message
}

fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn rewards_of_a_cot_that_the_test_set_lacks_are_another_sets() {
    let sample = Sample::new();
    let row = json!({ "q_id": 1, "cot_ids": [0, 1, 2, 3, 17], "rewards": [[], [], [], [], [0.5]] });
    sample.write("gORM/law_reward.jsonl", &[row]);
    says(&refusal(&sample, &sample.view()), &["\"gORM\"", "category law", "question 1", "no CoT 17", "another"]);
}

#[test]
fn rewards_without_a_common_question_are_another_sets() {
    let sample = Sample::new();
    for category in ["law", "math"] {
        sample.write(&format!("dPRM/{category}_reward.jsonl"), &[rewards(&json!("elsewhere"), json!([[0.5]]))]);
    }
    says(&refusal(&sample, &sample.view()), &["\"dPRM\"", "no question", "another"]);
}

#[test]
fn a_reward_that_is_no_probability_is_named_with_its_place() {
    let sample = Sample::new();
    sample.write("dPRM/law_reward.jsonl", &[rewards(&json!(1), json!([[3.5, 0.1, 0.2], [], [], []]))]);
    says(&refusal(&sample, &sample.view()), &["law_reward.jsonl", "question 1", "CoT 0", "3.5"]);
}

#[test]
fn rationales_that_cannot_be_read_are_named_with_their_line() {
    let sample = Sample::new();
    std::fs::write(sample.path("gORM/law_rationales.jsonl"), "{\"q_id\":1,\"cot_id\":0,\"rationales\":[{}]}\n")
        .unwrap();
    says(&refusal(&sample, &sample.view()), &["law_rationales.jsonl, line 1", "text"]);
}

#[test]
fn a_drop_that_cannot_be_is_refused() {
    let sample = Sample::new();
    for drop in [0.0, 0.0004, -0.1, 1.5, f64::NAN] {
        says(&refusal(&sample, &View { drop, ..sample.view() }), &["drop", "from 0.001 to 1"]);
    }
}

#[test]
fn a_missing_template_is_an_error_that_names_it() {
    let sample = Sample::new();
    let error = view::write(&sample.view(), &Templates::new(), &sample.path("out")).unwrap_err();
    assert!(error.to_string().contains("view.html"), "{error}");
}

#[test]
fn work_that_is_asked_to_stop_stops() {
    let sample = Sample::new();
    let view = sample.view();
    view.context.cancel();
    let error = view::write(&view, &templates(), &sample.path("out")).unwrap_err();
    assert!(error.to_string().contains("stopped"), "{error}");
}
