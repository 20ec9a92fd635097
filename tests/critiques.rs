//! Generative reward models with the embedded model and a real one, as a user runs them.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A folder with a test set of one category, and the program run from there.
struct Workplace(tempfile::TempDir);

impl Workplace {
    fn new(questions: u32) -> Self {
        let workplace = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(workplace.path("data")).unwrap();
        let rows: String = (0..questions).map(|id| row(id).to_string() + "\n").collect();
        std::fs::write(workplace.path("data/math.jsonl"), rows).unwrap();
        workplace
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Scores with one short critique of each CoT.
    fn score(&self, verifier: &str, out: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
        command.args(["score", "--verifier", verifier, "--model", "embedded:tiny", "--data", "data", "--out", out]);
        command.args(["--set", "verdicts=1", "--set", "max_tokens=24", "--keep-rationales"]).args(more);
        command.current_dir(self.0.path()).env_remove("TOUCHSTONE_PLUGINS");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Both files of the category.
    fn files(&self, out: &str) -> [String; 2] {
        ["math_reward.json", "math_rationales.jsonl"].map(|name| self.read(&format!("{out}/{name}")))
    }
}

/// A question with four CoTs.
fn row(id: u32) -> Value {
    let (a, b) = (17 + id, 23 + 2 * id);
    let sums = [a + b, a + b + 1, a + b, a + b + 10];
    let cot = |last: u32| [format!("We add {a} and {b}."), format!("The answer is {last}.")];
    json!({
        "q_id": id, "question": format!("What is {a} + {b}?"), "answer": (a + b).to_string(), "cot_ids": [0, 1, 2, 3],
        "cots": sums.map(cot), "parsed_answers": sums.map(|sum| sum.to_string()),
    })
}

fn succeed(mut command: Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn refusal(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

fn length(journal: &Path) -> u64 {
    std::fs::metadata(journal).map_or(0, |metadata| metadata.len())
}

#[test]
fn a_job_that_is_killed_twice_writes_the_same_rewards_and_rationales() {
    let workplace = Workplace::new(20);
    succeed(workplace.score("gprm", "whole", &[]));
    let lines = workplace.read("whole/math_rationales.jsonl");
    assert_eq!(lines.lines().count(), 80);
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let rationales = line["rationales"].as_array().unwrap();
        assert!(rationales.len() == 1 && !rationales[0]["text"].as_str().unwrap().is_empty(), "{line}");
    }
    let journal = workplace.path("killed/math_reward.journal");
    for least in [2_000, 6_000] {
        // One at a time, so that there is a moment with some of them done.
        let one = ["--set", "generator.max_sequences=1", "--max-batch-tokens", "1"];
        let mut child = workplace.score("gprm", "killed", &one).spawn().unwrap();
        let begun = Instant::now();
        while length(&journal) < least {
            let over = child.try_wait().unwrap().is_some();
            assert!(begun.elapsed() < Duration::from_secs(120) && !over, "no moment to kill it");
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let shown = succeed(workplace.score("gprm", "killed", &["--format", "json"]));
    let resumed = serde_json::from_slice::<Value>(&shown.stdout).unwrap()[0]["resumed"].as_u64().unwrap();
    assert!(0 < resumed && resumed < 80, "{resumed} CoTs were there");
    assert_eq!(workplace.files("killed"), workplace.files("whole"));
}

#[test]
fn shards_joined_are_the_whole_with_its_rationales() {
    let workplace = Workplace::new(5);
    succeed(workplace.score("gorm", "whole", &[]));
    for shard in ["0/2", "1/2"] {
        succeed(workplace.score("gorm", "shards", &["--shard", shard]));
    }
    let mut merge = Command::new(env!("CARGO_BIN_EXE_touchstone"));
    merge.args(["merge-rewards", "shards", "--data", "data", "--out", "merged"]).current_dir(workplace.0.path());
    succeed(merge);
    assert_eq!(workplace.files("merged"), workplace.files("whole"));
}

#[test]
fn critiques_without_a_verdict_stop_the_job_and_a_template_of_ones_own_makes_it_another_job() {
    let workplace = Workplace::new(60);
    let told = refusal(workplace.score("gorm", "out", &[]));
    for part in ["first 100 critiques", "Verification: Is the answer correct (Yes/No)? Yes", "max_tokens"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    std::fs::create_dir(workplace.path("mine")).unwrap();
    std::fs::write(workplace.path("mine/gorm.jinja"), "{{ question }}").unwrap();
    let told = refusal(workplace.score("gorm", "out", &["--templates", "mine"]));
    assert!(told.contains("templates.gorm.jinja: it was nothing"), "{told}");
    // One that another verifier uses changes nothing of this one.
    std::fs::rename(workplace.path("mine/gorm.jinja"), workplace.path("mine/gprm.jinja")).unwrap();
    let told = refusal(workplace.score("gorm", "out", &["--templates", "mine"]));
    assert!(told.contains("first 100 critiques") || told.contains("critiques holds a verdict"), "{told}");
    // And a hole in a prompt is told with its line.
    let told = refusal(workplace.score("gprm", "other", &["--templates", "mine", "--set", "chat=nothing"]));
    assert!(told.contains("chat"), "{told}");
    std::fs::write(workplace.path("mine/gprm.jinja"), "{{ question }}\n{{ stepps }}").unwrap();
    let told = refusal(workplace.score("gprm", "other", &["--templates", "mine"]));
    assert!(told.contains("gprm.jinja:2") && told.contains("question 0, CoT 0"), "{told}");
}
