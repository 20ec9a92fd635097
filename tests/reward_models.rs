//! Reward models with the embedded model, as a user runs them: killed and resumed, cut to a context, then evaluated.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const QUESTIONS: u32 = 60;
const MODEL: [&str; 2] = ["--model", "embedded:tiny"];

/// A folder with a test set of one category, and the program run from there.
struct Workplace(tempfile::TempDir);

impl Workplace {
    fn new() -> Self {
        let workplace = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(workplace.path("data")).unwrap();
        let rows: String = (0..QUESTIONS).map(|id| row(id).to_string() + "\n").collect();
        std::fs::write(workplace.path("data/math.jsonl"), rows).unwrap();
        workplace
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&[&str]]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
        command.args(arguments.concat()).current_dir(self.0.path()).env_remove("TOUCHSTONE_PLUGINS");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn score(&self, verifier: &str, out: &str, more: &[&str]) -> Command {
        self.command(&[&["score", "--verifier", verifier, "--data", "data", "--out", out], &MODEL, more])
    }

    fn rewards(&self, out: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.path(out).join("math_reward.json")).unwrap()).unwrap()
    }
}

/// A question with four CoTs that begin alike, as samples of one model do.
fn row(id: u32) -> Value {
    let (a, b) = (17 + id, 23 + 2 * id);
    let cot = |last: u32| {
        let first = format!("We add {a} and {b}. First the tens, then the ones, and a carry where the ones make ten.");
        [first, format!("So {a} + {b} = {last}."), format!("The answer is {last}.")]
    };
    let sums = [a + b, a + b + 1, a + b, a + b + 10];
    json!({
        "q_id": id, "question": format!("What is {a} + {b}?"), "answer": (a + b).to_string(), "cot_ids": [0, 1, 2, 3],
        "cots": sums.map(cot), "parsed_answers": sums.map(|sum| sum.to_string()),
    })
}

fn succeed(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn journal(folder: &Path) -> u64 {
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let journals = names.filter(|entry| entry.file_name().to_string_lossy().ends_with(".journal"));
    journals.map(|entry| entry.metadata().map_or(0, |metadata| metadata.len())).sum()
}

#[test]
fn a_job_that_is_killed_goes_on_with_another_budget_to_the_same_bytes() {
    let workplace = Workplace::new();
    succeed(workplace.score("dprm", "whole", &[]));

    // A budget of 1 token reads CoT by CoT, so that there is a moment with some of them done.
    let mut child = workplace.score("dprm", "killed", &["--max-batch-tokens", "1"]).spawn().unwrap();
    let begun = Instant::now();
    while journal(&workplace.path("killed")) < 2000 {
        assert!(
            begun.elapsed() < Duration::from_secs(120) && child.try_wait().unwrap().is_none(),
            "no moment to kill it"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();

    let shown = succeed(workplace.score("dprm", "killed", &["--max-batch-tokens", "100000", "--format", "json"]));
    let resumed = serde_json::from_str::<Value>(&shown).unwrap()[0]["resumed"].as_u64().unwrap();
    assert!(0 < resumed && resumed < u64::from(QUESTIONS) * 4, "{resumed} CoTs were there");
    let bytes = |out: &str| std::fs::read(workplace.path(out).join("math_reward.json")).unwrap();
    assert!(bytes("killed") == bytes("whole"));
}

#[test]
fn every_step_has_a_reward_between_0_and_1_and_the_study_goes_on_to_a_figure() {
    let workplace = Workplace::new();
    for verifier in ["dorm", "dprm"] {
        succeed(workplace.score(verifier, verifier, &[]));
        let rows = workplace.rewards(verifier);
        let rewards = rows.as_array().unwrap().iter().flat_map(|row| row["rewards"].as_array().unwrap());
        let steps: Vec<usize> = rewards
            .map(|steps| {
                let steps = steps.as_array().unwrap();
                assert!(steps.iter().all(|reward| (0.0..=1.0).contains(&reward.as_f64().unwrap())), "{steps:?}");
                steps.len()
            })
            .collect();
        assert_eq!(steps.len(), QUESTIONS as usize * 4);
        assert!(steps.iter().all(|count| *count == 3));
    }
    succeed(workplace.command(&[
        &["evaluate", "--data", "data", "--rewards", "dORM:last=dorm", "--rewards", "dPRM:min=dprm"],
        &["--n", "1,2,4", "--out", "results"],
    ]));
    succeed(workplace.command(&[&["plot", "results/best_of_n.csv", "--out", "results/best_of_n"]]));
    let csv = std::fs::read_to_string(workplace.path("results/best_of_n.csv")).unwrap();
    assert!(csv.contains("4,dORM,") && csv.contains("4,dPRM,"), "{csv}");
    let figure = std::fs::metadata(workplace.path("results/best_of_n.png")).unwrap();
    assert!(figure.len() > 1000);
}

#[test]
fn steps_that_the_context_cut_off_are_null_and_counted() {
    let workplace = Workplace::new();
    let shown = succeed(workplace.score("dprm", "cut", &["--set", "context_length=14", "--format", "json"]));
    let rows = workplace.rewards("cut");
    let mut lost = 0;
    for row in rows.as_array().unwrap() {
        for steps in row["rewards"].as_array().unwrap() {
            let steps = steps.as_array().unwrap();
            assert!(steps.len() == 3 && steps[0].is_null() && steps[2].is_number(), "{steps:?}");
            lost += steps.iter().filter(|reward| reward.is_null()).count();
        }
    }
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()[0]["missing"], lost);
}
