//! The four reward models that are part of the program, on real CoTs that they were not trained on.

#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn touchstone(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
    let output = command.args(arguments).current_dir(folder).env_remove("TOUCHSTONE_PLUGINS").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn data() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("quickstart/data").to_str().unwrap().to_owned()
}

#[test]
fn the_discriminative_ones_tell_right_from_wrong_better_than_chance() {
    let folder = tempfile::tempdir().unwrap();
    let data = data();
    for (verifier, adapter) in [("dorm", "embedded:dORM"), ("dprm", "embedded:dPRM")] {
        let model = ["--verifier", verifier, "--model", "embedded:tiny", "--adapter", adapter];
        touchstone(
            folder.path(),
            &[&["score"], &model[..], &["--data", &data, "--questions", "6", "--out", verifier]].concat(),
        );
    }
    let evaluate =
        ["evaluate", "--data", &data, "--questions", "6", "--format", "json", "--bootstrap", "200", "--out", "results"];
    let methods = ["--rewards", "dORM:last=dorm", "--rewards", "dPRM:min=dprm"];
    let found: Value = serde_json::from_slice(&touchstone(folder.path(), &[&evaluate[..], &methods].concat())).unwrap();
    for method in ["dORM", "dPRM"] {
        let calibration = found["calibration"].as_array().unwrap();
        let overall = calibration.iter().find(|one| one["method"] == method && one["category"] == "overall").unwrap();
        assert_eq!(overall["cots"], 14 * 6 * 16);
        let [low, auroc] = [&overall["auroc_interval"][0], &overall["auroc"]].map(|number| number.as_f64().unwrap());
        assert!(low > 0.5 && auroc > 0.57, "{method}: {overall}");
    }
}

#[test]
fn the_generative_ones_write_critiques_that_end_in_a_verdict() {
    let folder = tempfile::tempdir().unwrap();
    for (verifier, adapter) in [("gorm", "embedded:gORM"), ("gprm", "embedded:gPRM")] {
        let model = ["--verifier", verifier, "--model", "embedded:tiny", "--adapter", adapter];
        let critiques = ["--set", "verdicts=2", "--set", "max_tokens=256", "--keep-rationales"];
        let data = ["--data", &data(), "--categories", "law,math", "--questions", "2", "--out", verifier];
        touchstone(folder.path(), &[&["score"], &model[..], &critiques, &data].concat());
        let rewards: Value =
            serde_json::from_slice(&std::fs::read(folder.path().join(verifier).join("law_reward.json")).unwrap())
                .unwrap();
        let rewards: Vec<&Value> =
            rewards.as_array().unwrap().iter().flat_map(|row| row["rewards"].as_array().unwrap()).collect();
        let single: Vec<&Value> = rewards.iter().flat_map(|rewards| rewards.as_array().unwrap()).collect();
        assert_eq!(single.len(), 2 * 16 * 2);
        let given: Vec<f64> = single.iter().filter_map(|reward| reward.as_f64()).collect();
        assert!(given.len() * 2 > single.len(), "{verifier}: {} of {} verdicts", given.len(), single.len());
        let [low, high] = [f64::min, f64::max].map(|pick| given.iter().copied().reduce(pick).unwrap());
        // They are weak, and hang on the CoT all the same.
        assert!(high - low > 0.005 && low > 0.0 && high < 1.0, "{verifier}: all rewards lie between {low} and {high}");
    }
}

#[test]
fn an_embedded_adapter_is_shown_with_its_base_and_is_no_model() {
    let folder = tempfile::tempdir().unwrap();
    let shown = String::from_utf8(touchstone(folder.path(), &["inspect", "embedded:gPRM"])).unwrap();
    assert!(shown.contains("embedded:tiny") && shown.contains("32"), "{shown}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
    command.args(["score", "--verifier", "dorm", "--model", "embedded:dORM", "--data", &data(), "--out", "out"]);
    let output = command.current_dir(folder.path()).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && message.contains("embedded:tiny"), "{message}");
}
