//! `touchstone view`, and the report with rewards in it, as a user runs them.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

/// A folder with a test set of two questions, its rewards, and a recipe of both.
fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "data/law.json",
        r#"[{"q_id": 1, "question": "Why?", "answer": "A", "cot_ids": [0, 1], "cots": [["x", "y"], ["z"]], "parsed_answers": ["A", "B"]},
            {"q_id": 2, "question": "How?", "answer": "B", "cot_ids": [0, 1], "cots": [["x", "y"], ["z"]], "parsed_answers": ["A", "B"]}]"#,
    );
    write(
        "rewards/law_reward.json",
        r#"[{"q_id": 1, "cot_ids": [0, 1], "rewards": [[0.9, 0.1], [0.4]]}, {"q_id": 2, "cot_ids": [0, 1], "rewards": [[0.5, null], [0.7]]}]"#,
    );
    write("elsewhere/law_reward.json", r#"[{"q_id": 3, "cot_ids": [0], "rewards": [[0.9]]}]"#);
    write(
        "recipe.yaml",
        "version: 1\ndata: { path: data }\nmethods:\n  - { name: dPRM, rewards: [rewards], aggregator: { type: min } }\n\
         evaluate: { n: [1, 2], runs: 3, bootstrap: 20 }\nout: results\n",
    );
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_touchstone")).args(arguments).current_dir(folder).output().unwrap()
}

/// What a successful run prints.
fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a run that fails with this code says.
fn fail(folder: &Path, code: i32, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// The index in a page.
fn index(page: &Path) -> Value {
    let html = std::fs::read_to_string(page).unwrap();
    let json = html.split("id=\"view-index\">").nth(1).unwrap().split("</script>").next().unwrap();
    serde_json::from_str(json).unwrap()
}

#[test]
fn data_and_rewards_become_a_page_whose_path_is_printed() {
    let folder = workplace();
    let arguments = ["view", "--data", "data", "--rewards", "dPRM:min=rewards", "--out", "seen", "--drop", "0.5"];
    assert_eq!(succeed(folder.path(), &arguments), "seen/index.html\n");
    let index = index(&folder.path().join("seen/index.html"));
    assert_eq!((&index["ids"], &index["drop"]), (&json!(["1", "2"]), &json!(500)));
    assert_eq!(index["methods"][0]["aggregation"], "min");
    let told: Value =
        serde_json::from_str(&succeed(folder.path(), &[&arguments[..], &["--format", "json"]].concat())).unwrap();
    assert_eq!(told, json!({ "page": "seen/index.html", "files": ["seen/index.html"] }));
}

#[test]
fn a_recipe_that_was_run_becomes_a_page_in_its_results_and_a_section_of_its_report() {
    let folder = workplace();
    succeed(folder.path(), &["run", "recipe.yaml"]);
    assert_eq!(index(&folder.path().join("results/report.html"))["ids"], json!(["1", "2"]));
    assert_eq!(succeed(folder.path(), &["view", "recipe.yaml", "--questions", "1"]), "results/view/index.html\n");
    assert_eq!(index(&folder.path().join("results/view/index.html"))["ids"], json!(["1"]));
    assert!(String::from_utf8_lossy(&run(folder.path(), &["run", "recipe.yaml"]).stderr).contains("up to date"));
}

#[test]
fn a_report_shows_the_rewards_that_the_evaluation_knows_or_others() {
    let folder = workplace();
    let evaluate = ["evaluate", "--data", "data", "--rewards", "dPRM:min=rewards", "--n", "1,2", "--out", "results"];
    succeed(folder.path(), &evaluate);
    let report = ["report", "results/evaluation.json", "--data", "data", "--out", "report.html"];
    assert_eq!(succeed(folder.path(), &report), "report.html\n");
    assert_eq!(index(&folder.path().join("report.html"))["methods"][0]["name"], "dPRM");
    succeed(folder.path(), &[&report[..], &["--rewards", "other:max=rewards"]].concat());
    assert_eq!(index(&folder.path().join("report.html"))["methods"][0]["name"], "other");
    succeed(folder.path(), &["report", "results/evaluation.json", "--out", "report.html"]);
    assert!(!std::fs::read_to_string(folder.path().join("report.html")).unwrap().contains("view-index"));
}

#[test]
fn rewards_of_more_cots_than_the_test_set_has_are_an_error_unless_that_is_allowed() {
    let folder = workplace();
    let more = r#"[{"q_id": 1, "cot_ids": [0, 1, 7], "rewards": [[0.9, 0.1], [0.4], [0.3]]}, {"q_id": 2, "cot_ids": [0, 1], "rewards": [[0.5, null], [0.7]]}]"#;
    std::fs::write(folder.path().join("rewards/law_reward.json"), more).unwrap();
    let view = ["view", "--data", "data", "--rewards", "dPRM:min=rewards"];
    assert!(fail(folder.path(), 4, &view).contains("no CoT 7"));
    succeed(folder.path(), &[&view[..], &["--allow-partial"]].concat());
    let recipe = std::fs::read_to_string(folder.path().join("recipe.yaml")).unwrap();
    std::fs::write(folder.path().join("recipe.yaml"), recipe.replace("runs: 3", "runs: 3, allow_partial: true"))
        .unwrap();
    succeed(folder.path(), &["run", "recipe.yaml"]);
    assert!(folder.path().join("results/report.html").exists(), "what can be evaluated can be reported");
}

#[test]
fn what_is_wrong_is_named_with_the_exit_code_of_its_kind() {
    let folder = workplace();
    let view = |rewards: &'static str| ["view", "--data", "data", "--rewards", rewards];
    assert_eq!(run(folder.path(), &["view"]).status.code(), Some(2));
    assert_eq!(run(folder.path(), &["view", "recipe.yaml", "--data", "data"]).status.code(), Some(2));
    assert_eq!(run(folder.path(), &["report", "e.json", "--rewards", "d:min=r", "--out", "x"]).status.code(), Some(2));
    assert!(fail(folder.path(), 3, &[&view("d:min=rewards")[..], &["--drop", "2"]].concat()).contains("drop of 2"));
    assert!(fail(folder.path(), 3, &view("d:least=rewards")).contains("\"least\""));
    assert!(fail(folder.path(), 4, &view("d:min=elsewhere")).contains("another"));
    assert!(fail(folder.path(), 4, &view("d:min=absent")).contains("absent"));
    assert!(fail(folder.path(), 5, &["view", "absent.yaml"]).contains("absent.yaml"));
    let help = succeed(folder.path(), &["view", "--help"]);
    assert!(help.contains("touchstone view recipe.yaml"), "{help}");
}
