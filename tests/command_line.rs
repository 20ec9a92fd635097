//! The command line as a user runs it.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

/// A folder with the quick start's data and recipe in it, and the program run from there.
struct Workplace(tempfile::TempDir);

impl Workplace {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A workplace where the quick start was run.
    fn after_quickstart() -> Self {
        Self::after_quickstart_with_output().0
    }

    /// The same, with what the quick start printed.
    ///
    /// It runs once; each test gets a copy.
    fn after_quickstart_with_output() -> (Self, &'static str) {
        static RUN: OnceLock<(Workplace, String)> = OnceLock::new();
        let (original, shown) = RUN.get_or_init(|| {
            let workplace = Self::new();
            let shown = workplace.succeed(&["quickstart", "--out", "q"]);
            (workplace, shown)
        });
        let workplace = Self::new();
        copy(original.0.path(), workplace.0.path());
        (workplace, shown)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_touchstone")).args(arguments).current_dir(self.0.path()).output().unwrap()
    }

    /// What a successful run prints.
    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?} failed: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a run that fails with this code says.
    fn fail(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stderr.contains("error: "), "{stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
        stderr
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

fn modified(path: &Path) -> std::time::SystemTime {
    path.metadata().unwrap().modified().unwrap()
}

const TINY: &str = r#"[{"q_id": 1, "question": "1 + 1?\nA. 2\nB. 3", "answer": "A", "cot_ids": [0, 1],
    "cots": [["It is 2."], ["Hm.", "It is 3."]], "parsed_answers": ["A", "B"]}]"#;
const TINY_REWARDS: &str = r#"[{"q_id": 1, "cot_ids": [1, 0], "rewards": [[0.25, NaN], [0.75]]}]"#;

#[test]
fn help_shows_examples_and_exit_codes() {
    let workplace = Workplace::new();
    let help = workplace.succeed(&["--help"]);
    assert!(help.contains("touchstone evaluate --data data/test --rewards dORM:last=rewards/dORM"), "{help}");
    assert!(help.contains("Exit codes"), "{help}");
    for command in ["quickstart", "run", "score", "merge-rewards", "evaluate", "plot", "report", "inspect", "plugins"] {
        let help = workplace.succeed(&[command, "--help"]);
        assert!(help.contains(&format!("touchstone {command}")), "{command} shows no example: {help}");
    }
    assert_eq!(workplace.run(&["evaluate"]).status.code(), Some(2));
}

#[test]
fn every_built_in_plugin_is_linked_into_the_program_and_described() {
    let workplace = Workplace::new();
    let listed: Vec<Value> =
        serde_json::from_str(&workplace.succeed(&["plugins", "list", "--format", "json"])).unwrap();
    let named = |kind: &str, name: &str| listed.iter().any(|plugin| plugin["kind"] == kind && plugin["name"] == name);
    for name in ["last", "min", "max", "mean", "prod", "geometric_mean", "log_odds", "last_k_mean", "quantile"] {
        assert!(named("aggregator", name), "{name}");
    }
    for name in ["blank_line", "line", "numbered_step", "sentence", "regex"] {
        assert!(named("step_splitter", name), "{name}");
    }
    for name in ["greedy", "temperature"] {
        assert!(named("sampler", name), "{name}");
    }
    for name in ["agreement", "length", "random"] {
        assert!(named("verifier", name), "{name}");
    }
    for name in ["multiple_choice", "exact", "numeric"] {
        assert!(named("answer_equivalence", name), "{name}");
    }
    for plugin in &listed {
        let name = plugin["name"].as_str().unwrap();
        let described = workplace.succeed(&["plugins", "describe", name]);
        assert!(!plugin["text"].as_str().unwrap().is_empty(), "{name} has no description");
        assert!(described.contains("built in, from the crate touchstone"), "{described}");
        assert_eq!(plugin["schema"]["additionalProperties"], false, "{name} takes unknown settings");
        let twins = listed.iter().filter(|other| other["kind"] == plugin["kind"] && other["name"] == name).count();
        assert_eq!(twins, 1, "{name}");
    }
    assert!(workplace.fail(1, &["plugins", "describe", "quantil"]).contains("did you mean \"quantile\"?"));
}

#[test]
fn a_misspelt_aggregator_or_setting_is_told_with_the_nearest_name_before_any_work() {
    let workplace = Workplace::new();
    workplace.write("data/test.json", TINY);
    let evaluate = |method: &str| workplace.fail(3, &["evaluate", "--data", "data", "--rewards", method, "--out", "o"]);
    assert!(evaluate("a:maen=r").contains("did you mean \"mean\"?"));
    assert!(evaluate("a:min{k=1}=r").contains("the aggregator \"min\" has no setting \"k\""));
    assert!(evaluate("a:quantile{q=1.5}=r").contains("quantile"));
    assert!(evaluate("a").contains("NAME:AGGREGATOR"));
    assert!(!workplace.path("o").exists());
}

#[test]
fn wrong_data_is_told_with_its_place_and_an_exit_code_of_its_own() {
    let workplace = Workplace::new();
    workplace.write("data/test.json", TINY);
    workplace.write("r/test_reward.json", r#"[{"q_id": 1, "cot_ids": [0, 1], "rewards": [[0.5], [7.5]]}]"#);
    let evaluate = |data: &str| workplace.fail(4, &["evaluate", "--data", data, "--rewards", "a:last=r", "--out", "o"]);
    let message = evaluate("data");
    assert!(message.contains("7.5") && message.contains("test_reward.json"), "{message}");
    assert!(evaluate("no such folder").contains("no such folder"));
    workplace.write("r/test_reward.json", r#"[{"q_id": 2, "cot_ids": [0], "rewards": [[0.5]]}]"#);
    let message = evaluate("data");
    assert!(message.contains('1') && message.contains("--allow-partial"), "{message}");
}

#[test]
fn evaluate_prints_a_table_or_json_and_writes_the_published_layout() {
    let workplace = Workplace::new();
    workplace.write("data/test.json", TINY);
    workplace.write("r/test_reward.json", TINY_REWARDS);
    let arguments =
        ["evaluate", "--data", "data", "--rewards", "mine:min=r", "--n", "1,2", "--runs", "10", "--out", "o"];
    let table = workplace.succeed(&arguments);
    assert!(table.contains("Best-of-N") && table.contains("mine"), "{table}");
    assert!(table.contains("missing: mine: 1 rewards"), "{table}");
    let csv = std::fs::read_to_string(workplace.path("o/best_of_n.csv")).unwrap();
    assert!(csv.starts_with("N,Method,Overall_mean,test_mean,Overall_std,test_std\r\n1,MV,"), "{csv}");
    assert!(csv.contains("\r\n2,mine,100.0,100.0,0.0,0.0\r\n"), "{csv}");
    let printed = workplace.succeed(&[&arguments[..], &["--format", "json"]].concat());
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let written: Value = serde_json::from_slice(&std::fs::read(workplace.path("o/evaluation.json")).unwrap()).unwrap();
    assert_eq!(printed, written);
    assert_eq!(printed["missing"]["methods"][0]["rewards"], 1);
}

#[test]
fn replicates_give_a_pair_of_tables_each() {
    let workplace = Workplace::new();
    workplace.write("data/test.json", TINY);
    workplace.write("r1/test_reward.json", TINY_REWARDS);
    workplace.write("r2/test_reward.json", r#"[{"q_id": "1", "cot_ids": [0, 1], "rewards": [[0.1], [0.9]]}]"#);
    workplace.succeed(&["evaluate", "--data", "data", "--rewards", "mine:min=r1,r2", "--n", "2", "--out", "o"]);
    let row = |name: &str| {
        let csv = std::fs::read_to_string(workplace.path(name)).unwrap();
        csv.lines().find(|line| line.starts_with("2,mine")).unwrap().to_owned()
    };
    assert_eq!(row("o/best_of_n.csv"), "2,mine,100.0,100.0,0.0,0.0");
    assert_eq!(row("o/best_of_n_replicate_2.csv"), "2,mine,0.0,0.0,0.0,0.0");
    let evaluation: Value =
        serde_json::from_slice(&std::fs::read(workplace.path("o/evaluation.json")).unwrap()).unwrap();
    let entry =
        evaluation["accuracy"].as_array().unwrap().iter().find(|entry| {
            entry["method"] == "mine" && entry["strategy"] == "best_of_n" && entry["category"] == "overall"
        });
    assert_eq!(entry.unwrap()["replicates"], serde_json::json!([100.0, 0.0]));
}

#[test]
fn quickstart_leaves_a_study_and_a_second_run_does_nothing() {
    let (workplace, shown) = Workplace::after_quickstart_with_output();
    assert!(shown.contains("350 questions in 14 categories, 5600 CoTs"), "{shown}");
    assert!(shown.contains("70 questions in 14 categories, 1120 CoTs"), "{shown}");
    for method in ["agreement", "dORM", "dPRM", "gORM", "gPRM", "Next:"] {
        assert!(shown.contains(method), "{method}: {shown}");
    }
    let results = [
        "best_of_n.csv",
        "weighted_vote.csv",
        "evaluation.json",
        "best_of_n.pdf",
        "best_of_n.svg",
        "best_of_n.png",
        "report.html",
        "rewards/agreement/law_reward.json",
        "generative/best_of_n.png",
        "generative/report.html",
        "generative/rewards/gORM/law_rationales.jsonl",
    ];
    let before: Vec<_> = results.map(|name| modified(&workplace.path("q/results").join(name))).into();
    for recipe in ["q/recipe.yaml", "q/generative.yaml"] {
        let again = workplace.run(&["run", recipe]);
        assert!(again.status.success());
        assert!(String::from_utf8_lossy(&again.stderr).contains("up to date"));
    }
    let after: Vec<_> = results.map(|name| modified(&workplace.path("q/results").join(name))).into();
    assert_eq!(before, after);
}

#[test]
fn a_changed_recipe_or_a_lost_result_is_made_again() {
    let workplace = Workplace::after_quickstart();
    let recipe = std::fs::read_to_string(workplace.path("q/recipe.yaml")).unwrap();
    workplace.write("q/recipe.yaml", &recipe.replace("runs: 100", "runs: 7"));
    assert!(workplace.succeed(&["run", "q/recipe.yaml"]).contains("mean of 7 runs"));
    std::fs::remove_file(workplace.path("q/results/report.html")).unwrap();
    workplace.succeed(&["run", "q/recipe.yaml"]);
    assert!(workplace.path("q/results/report.html").exists());
    // A changed recipe is the user's: the quick start keeps it.
    assert!(workplace.succeed(&["quickstart", "--out", "q"]).contains("mean of 7 runs"));
}

#[test]
fn rewards_of_another_verifier_are_never_taken_for_a_methods_own() {
    let workplace = Workplace::after_quickstart();
    let recipe = std::fs::read_to_string(workplace.path("q/recipe.yaml")).unwrap();
    workplace.write("q/recipe.yaml", &recipe.replace("prefer: shorter", "prefer: longer"));
    let message = workplace.fail(1, &["run", "q/recipe.yaml"]);
    assert!(message.contains("method \"short\"") && message.contains("rewards/short"), "{message}");
}

#[test]
fn a_recipe_with_a_misspelt_key_is_told_the_line_and_the_nearest_key() {
    let workplace = Workplace::new();
    workplace.write("recipe.yaml", "version: 1\ndata: { path: data }\nevaluate:\n  sede: 1\nout: o\n");
    let message = workplace.fail(3, &["run", "recipe.yaml"]);
    assert!(message.contains("recipe.yaml") && message.contains("did you mean \"seed\"?"), "{message}");
    assert!(message.contains('4'), "no line: {message}");
    workplace.write("recipe.yaml", "version: 1\nplugins: [./libmine.so]\ndata: { path: data }\nout: o\n");
    assert!(workplace.fail(3, &["run", "recipe.yaml"]).contains("libmine.so"));
}

#[test]
fn plot_draws_the_tables_of_the_evaluation() {
    let workplace = Workplace::after_quickstart();
    let drawn = workplace.succeed(&["plot", "q/results/weighted_vote.csv", "--oracle", "--out", "f/figure"]);
    for name in ["f/figure.pdf", "f/figure.svg", "f/figure.png", "f/figure_legend.pdf"] {
        assert!(drawn.lines().any(|line| line == name), "{drawn}");
        assert!(workplace.path(name).metadata().unwrap().len() > 500, "{name}");
    }
    workplace.succeed(&[
        "plot",
        "q/results/evaluation.json",
        "--strategy",
        "weighted-vote",
        "--margin",
        "0.1",
        "--out",
        "g",
    ]);
    let svg = std::fs::read_to_string(workplace.path("g.svg")).unwrap();
    assert!(svg.contains("Computer Science") && svg.contains("agreement"));
    assert!(workplace.fail(4, &["plot", "q/recipe.yaml", "--out", "h"]).contains("recipe.yaml"));
    assert!(workplace.fail(5, &["report", "absent.json", "--out", "h"]).contains("absent.json"));
}

#[test]
fn a_template_of_the_users_replaces_the_built_in_one() {
    let workplace = Workplace::after_quickstart();
    workplace.succeed(&["report", "q/results/evaluation.json", "--out", "report.html"]);
    assert!(std::fs::read_to_string(workplace.path("report.html")).unwrap().contains("agreement"));
    workplace.write("mine/report.html", "<p>{{ title }}</p>");
    let arguments = ["report", "q/results/evaluation.json", "--templates", "mine", "--out", "mine.html"];
    workplace.succeed(&arguments);
    assert!(std::fs::read_to_string(workplace.path("mine.html")).unwrap().starts_with("<p>"));
    workplace.write("mine/report.html", "\n{{ titel }}");
    let message = workplace.fail(3, &arguments);
    assert!(message.contains("report.html") && message.contains(":2"), "{message}");
}

#[test]
fn inspect_tells_what_is_in_a_data_set_and_in_rewards() {
    let workplace = Workplace::new();
    workplace.write("data/test.json", TINY);
    workplace.write("r/test_reward.json", TINY_REWARDS);
    let shown = workplace.succeed(&["inspect", "data"]);
    assert!(shown.contains("test set") && shown.contains("1 + 1?"), "{shown}");
    let told: Value = serde_json::from_str(&workplace.succeed(&["inspect", "data", "--format", "json"])).unwrap();
    assert_eq!(told["categories"][0]["questions"], 1);
    assert_eq!(told["categories"][0]["cots"], 2);
    let told: Value = serde_json::from_str(&workplace.succeed(&["inspect", "r", "--format", "json"])).unwrap();
    assert_eq!(told["kind"], "rewards");
    assert_eq!(told["categories"][0]["missing"], 1);
    assert!(workplace.fail(4, &["inspect", "nowhere"]).contains("nowhere"));
}

#[test]
fn a_reader_that_closes_early_is_no_failure() {
    let workplace = Workplace::new();
    let program = env!("CARGO_BIN_EXE_touchstone");
    let output = Command::new("sh")
        .args(["-c", &format!("'{program}' plugins list --format json | head -n 1")])
        .current_dir(workplace.0.path())
        .output()
        .unwrap();
    assert!(output.status.success());
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
