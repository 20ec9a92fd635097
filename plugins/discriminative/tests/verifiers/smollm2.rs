//! A real model: the rewards of an independent implementation for SmolLM2-135M-Instruct.

use std::path::PathBuf;

use serde::Deserialize;

use super::material::{assert_close, open, questions, score, spec};

/// The model's file, where there is one. It must be there in CI.
fn file() -> Option<PathBuf> {
    let file = std::env::var_os("TOUCHSTONE_SMOLLM2").map(PathBuf::from);
    if file.is_none() {
        assert!(std::env::var_os("CI").is_none(), "TOUCHSTONE_SMOLLM2 must name the model's file in CI");
        println!("skipped: TOUCHSTONE_SMOLLM2 does not name SmolLM2-135M-Instruct.Q4_1.gguf");
    }
    file
}

#[derive(Deserialize)]
struct Expected {
    rewards: Vec<Golden>,
}

/// The rewards of one CoT.
#[derive(Deserialize)]
struct Golden {
    q_id: String,
    cot_id: usize,
    rewards: Vec<Option<f64>>,
}

#[test]
fn rewards_are_those_of_an_independent_implementation() {
    let Some(file) = file() else { return };
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/smollm2/rewards.json");
    let golden: Expected = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let work = questions("psychology");
    let scored = score(&*open(&spec("dprm", &file)), &work);
    for Golden { q_id, cot_id, rewards } in &golden.rewards {
        let unit = work.iter().position(|unit| unit.question.id.as_str() == q_id).unwrap();
        assert_close(&scored[unit][*cot_id], rewards, 1e-3, &format!("CoT {cot_id} of {q_id}"));
    }
    assert_eq!(golden.rewards.iter().map(|golden| golden.rewards.len()).sum::<usize>(), 33);
}
