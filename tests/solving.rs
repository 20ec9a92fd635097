//! Search strategies on the command line, with the models that are part of the program.

#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

use std::process::{Command, Output};

use serde_json::Value;

const QUESTION: &str = "What is 2 + 3? (A) 4 (B) 5";
const DPRM: &str = r#"dprm{model="embedded:tiny",adapter="embedded:dPRM"}"#;

fn solve(arguments: &[&str]) -> Output {
    let common = ["solve", "--generator", "local", "--model", "embedded:tiny", "--chat", "none"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
    command.args(common).args(["--max-tokens", "90", "--max-steps", "4"]).args(arguments).output().unwrap()
}

fn solved(arguments: &[&str]) -> Vec<Value> {
    let output = solve(&[arguments, &["--format", "json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_strategy_solves_a_question_says_why_and_repeats_itself() {
    for (strategy, candidates) in [
        ("best_of_n{samples=4}", 4),
        ("weighted_vote{samples=4}", 4),
        ("majority_vote{samples=4}", 4),
        ("beam_search{beams=4,width=2}", 2),
        ("diverse_verifier_tree_search{beams=4,width=2}", 2),
        ("particle_filtering{particles=4}", 4),
    ] {
        let arguments = ["--strategy", strategy, "--verifier", DPRM, "--question", QUESTION];
        let first = solved(&arguments);
        let [one] = first.as_slice() else { panic!("{first:?}") };
        let found = one["candidates"].as_array().unwrap();
        assert!(found.len() >= candidates, "{strategy}: {} candidates", found.len());
        assert!(one["spent"]["generated_tokens"].as_u64().unwrap() > 10, "{strategy}: {}", one["spent"]);
        if strategy != "majority_vote{samples=4}" {
            let rewards = found[0]["rewards"].as_array().unwrap();
            assert!(
                rewards.iter().all(|reward| (0.0..=1.0).contains(&reward.as_f64().unwrap())),
                "{strategy}: {rewards:?}"
            );
        }
        assert_eq!(first, solved(&arguments), "{strategy}");
    }
}

#[test]
fn self_consistency_needs_no_verifier_and_best_of_n_says_that_it_does() {
    let found = solved(&["--strategy", "self_consistency{samples=6}", "--question", QUESTION]);
    assert_eq!(found[0]["spent"]["verifier_calls"], 0);
    let output = solve(&["--strategy", "best_of_n", "--question", QUESTION]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.contains("give it a verifier"), "{message}");
    let output = solve(&["--strategy", "beam_serch{beams=4}", "--question", QUESTION]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.contains("beam_search"), "{message}");
}

#[test]
fn questions_of_a_set_are_compared_with_their_gold_answers() {
    let folder = tempfile::tempdir().unwrap();
    let strategy = folder.path().join("strategy.yaml");
    std::fs::write(&strategy, "type: weighted_vote\nsamples: 3\n").unwrap();
    let rows = [1, 2].map(|id| serde_json::json!({"q_id": id, "question": QUESTION, "answer": "B"}).to_string());
    std::fs::write(folder.path().join("math.jsonl"), rows.join("\n")).unwrap();
    let data = folder.path().join("math.jsonl");
    let arguments = ["--strategy", strategy.to_str().unwrap(), "--verifier", DPRM, "--data", data.to_str().unwrap()];
    let found = solved(&arguments);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|one| one["gold"] == "B" && one["right"].is_boolean()), "{found:?}");
    let shown = solve(&arguments);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("math/1") && shown.contains("of 2 answers are right"), "{shown}");
}
