//! Sampling as a user runs it, with the model that is part of the program: killed, refused, in shards, and then scored.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use touchstone::data::{QuestionSet, TestSet};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/quickstart/data");

/// Questions of law and of mathematics, in a folder of their own.
struct Workplace(tempfile::TempDir);

impl Workplace {
    /// So many bundled questions of each.
    fn new(questions: usize) -> Self {
        let workplace = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(workplace.path("questions")).unwrap();
        let bundled = QuestionSet::open(&DATA.parse().unwrap()).unwrap();
        for category in ["law", "math"] {
            let rows = bundled.rows(&category.into()).unwrap().take(questions).map(Result::unwrap);
            let line = |row: touchstone::data::QuestionRow| {
                serde_json::json!({"q_id": row.question.id, "question": row.question.text, "answer": row.gold})
                    .to_string()
            };
            let text: String = rows.map(|row| line(row) + "\n").collect();
            std::fs::write(workplace.path(&format!("questions/{category}.jsonl")), text).unwrap();
        }
        workplace
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
        command.args(arguments).current_dir(self.0.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn sample(&self, more: &[&str]) -> Command {
        let common = [
            "sample",
            "--generator",
            "local",
            "--model",
            "embedded:tiny",
            "--chat",
            "none",
            "--samples",
            "2",
            "--max-tokens",
            "24",
            "--data",
            "questions",
        ];
        self.command(&[&common[..], more].concat())
    }

    fn files(&self, folder: &str) -> [String; 2] {
        ["law", "math"].map(|name| std::fs::read_to_string(self.path(&format!("{folder}/{name}.json"))).unwrap())
    }

    fn records(&self, journal: &str) -> usize {
        std::fs::read_to_string(self.path(journal)).map_or(0, |text| text.lines().count().saturating_sub(1))
    }
}

fn succeed(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn fail(code: i32, mut command: Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    let told = String::from_utf8_lossy(&stderr).into_owned();
    assert_eq!(status.code(), Some(code), "{told}");
    told
}

#[test]
fn what_is_sampled_is_a_test_set_that_is_scored_and_evaluated() {
    let workplace = Workplace::new(3);
    let told = succeed(workplace.sample(&["--out", "test", "--format", "json"]));
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told[0]["questions"], &told[0]["cots"], &told[0]["resumed"]), (&3.into(), &6.into(), &0.into()));
    let set = TestSet::open(&workplace.path("test").to_str().unwrap().parse().unwrap()).unwrap();
    let questions = QuestionSet::open(&DATA.parse().unwrap()).unwrap();
    let mut texts = Vec::new();
    for (row, question) in set.rows(&"law".into()).unwrap().zip(questions.rows(&"law".into()).unwrap()) {
        let (row, question) = (row.unwrap(), question.unwrap());
        assert_eq!((&row.question, &row.gold), (&question.question, &question.gold));
        assert_eq!(row.cots.len(), 2);
        texts.extend(row.cots.into_iter().map(|cot| cot.steps));
    }
    assert!(texts.iter().any(|steps| !steps.is_empty()) && texts[0] != texts[1], "{texts:?}");
    succeed(workplace.command(&["score", "--verifier", "length", "--data", "test", "--out", "rewards"]));
    let evaluate = ["evaluate", "--data", "test", "--rewards", "short:last=rewards", "--n", "1,2", "--out", "results"];
    succeed(workplace.command(&evaluate));
    // The same again, in another format and another number of sequences at a time, is the same.
    succeed(workplace.sample(&["--out", "lines", "--files", "jsonl", "--set", "max_sequences=3"]));
    let lines = std::fs::read_to_string(workplace.path("lines/law.jsonl")).unwrap();
    assert_eq!(format!("[{}]\n", lines.trim_end().replace('\n', ",\n")), workplace.files("test")[0]);
}

#[test]
fn a_job_that_is_killed_twice_ends_in_the_bytes_of_one_that_was_not() {
    let workplace = Workplace::new(12);
    succeed(workplace.sample(&["--out", "whole"]));
    for moment in [1, 7] {
        // Two sequences at a time, so that solutions come one after the other.
        let mut child = workplace.sample(&["--out", "out", "--set", "max_sequences=2"]).spawn().unwrap();
        let begun = Instant::now();
        while workplace.records("out/law.journal") < moment {
            assert!(child.try_wait().unwrap().is_none(), "the job ended too early");
            assert!(begun.elapsed() < Duration::from_secs(120), "it does not begin");
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None, "it was killed");
        assert!(!workplace.path("out/law.json").exists());
    }
    let told = fail(1, workplace.sample(&["--out", "out", "--seed", "7"]));
    assert!(told.contains("seed: it was 42, and is 7 now"), "{told}");
    let told = succeed(workplace.sample(&["--out", "out", "--format", "json"]));
    let told: Value = serde_json::from_str(&told).unwrap();
    assert!(told[0]["resumed"].as_u64().unwrap() >= 7, "{told}");
    assert_eq!(workplace.files("out"), workplace.files("whole"));
    let again = workplace.sample(&["--out", "out"]).output().unwrap();
    assert_eq!(String::from_utf8(again.stderr).unwrap(), "Nothing to do: out has a file for each category.\n");
}

#[test]
fn shards_that_are_merged_equal_the_whole() {
    let workplace = Workplace::new(5);
    succeed(workplace.sample(&["--out", "whole"]));
    let merge = || workplace.command(&["merge-cots", "shards", "--data", "questions", "--out", "out"]);
    succeed(workplace.sample(&["--out", "shards", "--shard", "0/2"]));
    let told = fail(4, merge());
    assert!(told.contains("the shard law-00001-of-00002.json of the category law is missing"), "{told}");
    succeed(workplace.sample(&["--out", "shards", "--shard", "1/2"]));
    let told = succeed(merge());
    assert!(told.contains("out/law.json: 10 CoTs of 5 questions"), "{told}");
    assert_eq!(workplace.files("out"), workplace.files("whole"));
}

#[test]
fn the_prompt_and_what_reads_the_answer_are_the_users_to_choose() {
    let workplace = Workplace::new(1);
    std::fs::create_dir(workplace.path("templates")).unwrap();
    std::fs::write(workplace.path("templates/solution.jinja"), "Reply to: {{ question }}").unwrap();
    let pattern = "regex{pattern=\"(\\\\w)\"}";
    let told = succeed(workplace.sample(&["--out", "out", "--templates", "templates", "--extractor", pattern]));
    assert!(told.contains("law") && told.contains("written:\n  out/law.json"), "{told}");
    let rows: Value = serde_json::from_str(&workplace.files("out")[0]).unwrap();
    let answer = rows[0]["parsed_answers"][0].as_str().unwrap();
    assert_eq!(answer.chars().count(), 1, "{rows}");
    let told = fail(1, workplace.sample(&["--out", "out", "--extractor", pattern]));
    assert!(told.contains("templates.solution.jinja: it was "), "{told}");
    std::fs::write(workplace.path("hole.jinja"), "{{ options }}").unwrap();
    let told = fail(3, workplace.sample(&["--out", "new", "--template", "hole.jinja"]));
    assert!(told.contains("hole.jinja") && told.contains("undefined"), "{told}");
}

#[test]
fn wrong_options_are_told_before_any_work() {
    let workplace = Workplace::new(1);
    for (option, code, part) in [
        (["--set", "max_sequence=3"], 3, "did you mean \"max_sequences\"?"),
        (["--sampler", "temprature"], 3, "did you mean \"temperature\"?"),
        (["--extractor", "letters"], 3, "did you mean \"letter\"?"),
        (["--extractor", "regex"], 3, "pattern"),
        (["--categories", "lw"], 4, "did you mean \"law\"?"),
    ] {
        let told = fail(code, workplace.sample(&[&["--out", "out"], &option[..]].concat()));
        assert!(told.contains(part), "{option:?}: {told}");
        assert!(!workplace.path("out").exists());
    }
    let told = fail(2, workplace.command(&["sample", "--generator", "local", "--data", "questions", "--samples", "0"]));
    assert!(told.contains("--samples"), "{told}");
}

#[test]
fn prompts_are_laid_out_in_the_chat_template_and_a_model_without_one_says_what_to_do() {
    let workplace = Workplace::new(1);
    let sample = |model: &str, out: &str| {
        let arguments = ["--samples", "2", "--max-tokens", "24", "--data", "questions", "--out", out];
        workplace.command(&[&["sample", "--generator", "local", "--model", model][..], &arguments].concat())
    };
    succeed(sample("embedded:tiny", "laid"));
    succeed(workplace.sample(&["--out", "plain"]));
    assert_ne!(workplace.files("laid"), workplace.files("plain"));
    let tiny = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/candle/tiny");
    std::fs::create_dir(workplace.path("bare")).unwrap();
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        std::fs::copy(tiny.join(file), workplace.path("bare").join(file)).unwrap();
    }
    let told = fail(1, sample("bare", "out"));
    for part in ["law: question ", "no chat template", "chat: none"] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(std::fs::read_dir(workplace.path("out")).unwrap().count(), 1, "only provenance.json is there");
}
