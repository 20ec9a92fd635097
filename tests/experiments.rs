//! An experiment of one's own, from `touchstone experiment new` to its result.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::path::Path;
use std::process::{Command, Output};

const TOUCHSTONE: &str = env!("CARGO_BIN_EXE_touchstone");

fn touchstone(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(TOUCHSTONE).args(arguments).current_dir(folder).output().unwrap()
}

/// Cargo in an experiment's folder, without a network. Projects share what they depend on, so that it is built once.
fn cargo(folder: &Path, arguments: &[&str]) -> String {
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("third_party");
    let mut cargo = Command::new("cargo");
    cargo.args(arguments).current_dir(folder);
    cargo.env("CARGO_BUILD_BUILD_DIR", shared).env("CARGO_NET_OFFLINE", "true").env_remove("CARGO_TARGET_DIR");
    let Output { status, stdout, stderr } = cargo.output().unwrap();
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{arguments:?}:\n{stdout}\n{}", String::from_utf8_lossy(&stderr));
    stdout
}

#[test]
fn a_new_experiment_passes_its_test_runs_and_holds_its_result_against_the_next_run() {
    let parent = tempfile::tempdir().unwrap();
    let Output { status, stdout, stderr } = touchstone(parent.path(), &["experiment", "new", "By-chance"]);
    let told = String::from_utf8_lossy(&stdout);
    assert!(status.success() && told.contains("cargo run --release"), "{told}{}", String::from_utf8_lossy(&stderr));
    let folder = parent.path().join("By-chance");
    let result = folder.join("result/result.csv");

    let told = cargo(&folder, &["test"]);
    assert!(told.contains("2 passed") && !result.exists(), "{told}");
    let told = cargo(&folder, &["run"]);
    assert!(told.contains("| short last | 2 | 100.0 |"), "{told}");
    cargo(&folder, &["test"]);

    // The test fails once the committed result is not what comes out.
    let text = std::fs::read_to_string(&result).unwrap();
    std::fs::write(&result, text.replace("100.0", "99.0")).unwrap();
    let test = std::panic::catch_unwind(|| cargo(&folder, &["test"]));
    assert!(test.is_err());
}

#[test]
fn a_bad_name_and_a_source_that_is_not_there_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (code, arguments, message) in [
        (3, &["experiment", "new", "2fast"][..], "an experiment cannot be called \"2fast\""),
        (1, &["experiment", "new", "fast", "--source", "nowhere"], "Touchstone's source is not at nowhere"),
    ] {
        let output = touchstone(folder.path(), arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(code) && told.contains(message), "{told}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
