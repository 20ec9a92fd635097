//! `touchstone train` and `merge-lora` as a user runs them.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const ROWS: usize = 24;

/// A training set in which right solutions say "so", and wrong ones "but".
fn training_set(folder: &Path) {
    let row = |index: usize| {
        let (word, label, answer) = if index.is_multiple_of(2) { ("so", 1, "5") } else { ("but", -1, "6") };
        let question = index / 4;
        serde_json::json!({
            "q_id": question, "question": format!("What is {question} + 3?"), "answer": "5", "cot_id": index % 4,
            "cot": [format!("It is a sum, {word} we add."), format!("The answer is {answer}.")],
            "parsed_answer": answer, "labels": [1, label],
        })
        .to_string()
    };
    std::fs::create_dir_all(folder).unwrap();
    let rows: Vec<String> = (0..ROWS).map(row).collect();
    std::fs::write(folder.join("math.jsonl"), rows.join("\n")).unwrap();
}

fn touchstone(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
    command.args(arguments).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn succeeds(folder: &Path, arguments: &[&str]) -> Output {
    let output = touchstone(folder, arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

const TRAIN: [&str; 15] = [
    "train",
    "--reward-model",
    "dPRM",
    "--model",
    "embedded:tiny",
    "--data",
    "data",
    "--held-out",
    "0.2",
    "--set",
    "training_args.effective_batch_size=4",
    "--set",
    "training_args.num_train_epochs=6",
    "--set",
    "training_args.learning_rate=1e-3",
];

fn train(folder: &Path, out: &str, more: &[&str]) -> Output {
    succeeds(folder, &[&TRAIN[..], &["--out", out], more].concat())
}

fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn a_reward_model_learns_is_merged_and_scores() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    training_set(&folder.join("data"));
    let output = train(folder, "dPRM", &["--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let loss = |index: usize| report["held_out_loss"][index].as_f64().unwrap();
    assert!(loss(1) < 0.8 * loss(0), "{report}");
    assert_eq!(report["examples"].as_u64().unwrap() + report["held_out_examples"].as_u64().unwrap(), ROWS as u64);
    for name in ["adapter_config.json", "adapter_model.safetensors", "tokenizer.json", "training_curve.svg"] {
        assert!(!bytes(folder, &format!("dPRM/{name}")).is_empty());
    }
    assert!(!folder.join("dPRM/checkpoint.safetensors").exists());

    succeeds(
        folder,
        &["merge-lora", "--model", "embedded:tiny", "--adapter", "dPRM", "--dtype", "f32", "--out", "merged"],
    );
    let row = serde_json::json!({
        "q_id": 1, "question": "What is 2 + 3?", "answer": "A", "cot_ids": [0, 1], "parsed_answers": ["A", "B"],
        "cots": [["It is a sum, so we add.", "The answer is 5."], ["It is a sum, but we add.", "The answer is 6."]],
    });
    std::fs::create_dir(folder.join("test")).unwrap();
    std::fs::write(folder.join("test/math.jsonl"), row.to_string()).unwrap();
    let scored = |model: &[&str], out: &str| {
        succeeds(folder, &[&["score", "--verifier", "dprm", "--data", "test", "--out", out], model].concat());
        let rewards: serde_json::Value =
            serde_json::from_slice(&bytes(folder, &format!("{out}/math_reward.json"))).unwrap();
        [0, 1].map(|cot| rewards[0]["rewards"][cot][1].as_f64().unwrap())
    };
    let beside = scored(&["--model", "embedded:tiny", "--adapter", "dPRM"], "rewards");
    let merged = scored(&["--model", "merged"], "rewards-merged");
    assert!(beside[0] > beside[1], "{beside:?}");
    assert!(beside.iter().zip(merged).all(|(beside, merged)| (beside - merged).abs() < 1e-5), "{beside:?} {merged:?}");
}

#[test]
fn a_killed_training_goes_on_and_ends_as_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    training_set(&folder.join("data"));
    train(folder, "whole", &[]);
    let arguments = [&TRAIN[..], &["--out", "killed", "--checkpoint-every", "2"]].concat();
    let mut killed = 0;
    // Killed as soon as there is a checkpoint, a little later each time.
    for wait in [0, 120, 250] {
        let checkpoint = folder.join("killed/checkpoint.safetensors");
        let mut running = touchstone(folder, &arguments).spawn().unwrap();
        while running.try_wait().unwrap().is_none() && !checkpoint.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(wait));
        killed += usize::from(running.try_wait().unwrap().is_none());
        running.kill().unwrap();
        running.wait().unwrap();
    }
    assert!(killed > 0, "it was never running when it was killed");
    train(folder, "killed", &["--checkpoint-every", "2"]);
    for name in ["adapter_model.safetensors", "training_curve.csv", "training_curve.svg", "touchstone.json"] {
        assert_eq!(bytes(folder, &format!("killed/{name}")), bytes(folder, &format!("whole/{name}")), "{name}");
    }
    // A second time there is nothing to do; with other settings the folder is another training's.
    let again = train(folder, "killed", &["--checkpoint-every", "2"]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("Nothing to do"));
    let other = [&TRAIN[..], &["--out", "killed", "--set", "training_args.seed=7"]].concat();
    let refused = touchstone(folder, &other).output().unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("another training"));
}

#[test]
fn the_papers_file_trains_and_says_what_has_no_effect() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    training_set(&folder.join("data"));
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/candle/tests/data/training/dORM-14B.yaml");
    let arguments = ["train", "--config", config.to_str().unwrap(), "--model", "embedded:tiny", "--data", "data"];
    let output = succeeds(folder, &[&arguments[..], &["--out", "dORM", "--set", "training_args.sed=3"]].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("training_args.use_liger_kernel has no effect"), "{stderr}");
    assert!(stderr.contains("did you mean \"training_args.seed\"?"), "{stderr}");
    let config: serde_json::Value = serde_json::from_slice(&bytes(folder, "dORM/adapter_config.json")).unwrap();
    assert_eq!((&config["r"], &config["lora_alpha"]), (&16.into(), &32.into()));
    let modules = ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"];
    assert_eq!(config["target_modules"], serde_json::json!(modules));
}

#[test]
fn a_generative_model_is_given_the_beginning_that_it_was_trained_with() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    training_set(&folder.join("data"));
    succeeds(folder, &["critique", "compose", "--for", "gorm", "--data", "data", "--out", "composed"]);
    succeeds(folder, &["critique", "preprocess", "--for", "gorm", "--data", "composed", "--out", "rationales"]);
    let arguments = ["train", "--reward-model", "gORM", "--model", "embedded:tiny", "--data", "rationales"];
    succeeds(folder, &[&arguments[..], &["--out", "gORM", "--set", "training_args.learning_rate=1e-3"]].concat());
    let note: serde_json::Value = serde_json::from_slice(&bytes(folder, "gORM/touchstone.json")).unwrap();
    assert_eq!(note["prefix"], "<think>\nLet's verify step by step:");
    let mut refused = touchstone(
        folder,
        &["train", "--reward-model", "gORM", "--model", "embedded:tiny", "--data", "data", "--out", "x"],
    );
    let refused = refused.output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no example to train on"), "critiques are missing");
}
