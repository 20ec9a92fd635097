//! The training data of generative reward models, as a user makes it: the published preprocessing row for row, critiques by a model
//! and by rules.

#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const VARIANTS: [(&str, &str, &str); 3] =
    [("gORM", "gORM", "gorm"), ("gPRM", "gPRM", "gprm"), ("gPRM-relaxed", "gPRM", "gprm-relaxed")];

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn golden(name: &str) -> PathBuf {
    top().join("plugins/generative/tests/golden").join(name)
}

fn golden_rows(name: &str) -> Vec<Value> {
    let text = zstd::decode_all(std::fs::File::open(golden(name)).unwrap()).unwrap();
    serde_json::from_slice(&text).unwrap()
}

struct Workplace(tempfile::TempDir);

impl Workplace {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    fn rows(&self, name: &str) -> Vec<Value> {
        serde_json::from_slice(&self.bytes(name)).unwrap()
    }

    fn critique(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
        command.arg("critique").args(arguments).current_dir(self.0.path()).env_remove("TOUCHSTONE_PLUGINS");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What the command shows as JSON.
    fn shown(&self, arguments: &[&str]) -> Value {
        let output = succeed(self.critique(&[arguments, &["--format", "json"]].concat()));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Has a tiny model write two critiques of each row.
    fn generate(&self, more: &[&str]) -> Command {
        let common =
            ["generate", "--for", "gprm", "--generator", "local", "--model", "embedded:tiny", "--data", "data"];
        self.critique(&[&common[..], &["--critiques", "2", "--max-tokens", "16"], more].concat())
    }
}

fn succeed(mut command: Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn fail(code: i32, mut command: Command) -> String {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{told}");
    told
}

/// A labelled row with two steps.
fn row(id: usize, labels: Value) -> Value {
    json!({
        "q_id": id, "question": format!("What is {id} + {id}?"), "answer": (2 * id).to_string(), "cot_id": 3,
        "cot": [format!("We add {id} and {id}."), format!("The answer is {}.", 2 * id)],
        "parsed_answer": (2 * id).to_string(), "labels": labels,
    })
}

fn lines(rows: impl Iterator<Item = Value>) -> String {
    rows.map(|row| row.to_string() + "\n").collect()
}

#[test]
fn every_variant_of_the_published_preprocessing_and_shortening_is_reproduced() {
    for (name, input, option) in VARIANTS {
        let workplace = Workplace::new();
        let data = golden(&format!("{input}/history.json.zst"));
        let preprocess = ["preprocess", "--for", option, "--data", data.to_str().unwrap(), "--out", "out"];
        let shown = workplace.shown(&preprocess);
        let expected = golden_rows(&format!("{name}/preprocessed.json.zst"));
        let rows = workplace.rows("out/preprocessed_history.json");
        assert_eq!(rows.len(), expected.len(), "{name}");
        for (place, (row, expected)) in rows.iter().zip(&expected).enumerate() {
            assert_eq!(row, expected, "{name}, row {place}");
            let fields: Vec<&String> = row.as_object().unwrap().keys().collect();
            assert_eq!(fields, ["q_id", "question", "cot_id", "cot", "critique", "labels"]);
        }
        // Every reason is there but length, and all rows are accounted for.
        let shown = &shown[0];
        let dropped = shown["dropped"].as_object().unwrap();
        let counts: Vec<u64> = dropped.values().map(|count| count.as_u64().unwrap()).collect();
        assert!(counts.iter().rev().skip(1).all(|count| *count > 0), "{name}: {dropped:?}");
        let classes = |field: &str| ["positive", "negative"].map(|class| shown[field][class].as_u64().unwrap());
        let kept: u64 = classes("kept").iter().sum();
        assert_eq!(shown["unlabelled"].as_u64().unwrap() + counts.iter().sum::<u64>() + kept, 640, "{name}");
        let [right, wrong] = classes("balanced");
        assert_eq!((right, right + wrong), (wrong, expected.len() as u64), "{name}");
        assert_eq!(shown["tokens"], Value::Null);

        let form = option.trim_end_matches("-relaxed");
        let shown = workplace.shown(&["shorten", "--for", form, "--data", "out", "--out", "out/shortened"]);
        assert_eq!(
            workplace.rows("out/shortened/preprocessed_history.json"),
            golden_rows(&format!("{name}/shortened.json.zst"))
        );
        assert!(
            shown[0]["shortened"].as_u64().unwrap() > 0 && shown[0]["other_thinking"].as_u64().unwrap() > 0,
            "{shown}"
        );
    }
}

#[test]
fn the_form_of_the_files_makes_no_difference_and_the_seed_does() {
    let workplace = Workplace::new();
    let rows = golden_rows("gORM/history.json.zst");
    workplace.write("lines/history.jsonl", &lines(rows.into_iter()));
    succeed(workplace.critique(&["preprocess", "--for", "gorm", "--data", "lines", "--out", "one"]));
    assert_eq!(workplace.rows("one/preprocessed_history.json"), golden_rows("gORM/preprocessed.json.zst"));
    let other = ["preprocess", "--for", "gorm", "--data", "lines", "--out", "two", "--seed", "7"];
    let text = String::from_utf8(succeed(workplace.critique(&other)).stdout).unwrap();
    assert!(text.contains("other label") && text.contains("written:\n  two/preprocessed_history.json"), "{text}");
    assert_ne!(workplace.rows("one/preprocessed_history.json"), workplace.rows("two/preprocessed_history.json"));
}

#[test]
fn critiques_beyond_the_limit_are_dropped_by_the_named_tokenizer_and_a_limit_without_one_is_refused() {
    let workplace = Workplace::new();
    let data = golden("gPRM/history.json.zst");
    let common = ["preprocess", "--for", "gprm", "--data", data.to_str().unwrap(), "--out", "out"];
    let with = |more: &[&str]| workplace.shown(&[&common[..], more].concat())[0].clone();
    let free = with(&["--tokenizer", "embedded:tiny"]);
    assert_eq!(free["dropped"]["too_long"], 0);
    let longest = free["tokens"]["max"].as_u64().unwrap();
    // A tokenizer.json alone counts the same.
    let file = top().join("plugins/candle/tiny/tokenizer.json");
    let limit = (longest - 1).to_string();
    let limited = with(&["--tokenizer", file.to_str().unwrap(), "--max-tokens", &limit]);
    assert!(limited["dropped"]["too_long"].as_u64().unwrap() > 0, "{limited}");
    assert!(limited["tokens"]["max"].as_u64().unwrap() < longest, "{limited}");
    assert_eq!(with(&["--tokenizer", "embedded:tiny", "--max-tokens", "0"])["tokens"], free["tokens"]);
    let told = fail(3, workplace.critique(&[&common[..], &["--max-tokens", "9"]].concat()));
    assert!(told.contains("more than 9 tokens") && told.contains("no tokenizer is named"), "{told}");
}

#[test]
fn rows_of_another_kind_are_named_and_what_is_read_is_never_overwritten() {
    let workplace = Workplace::new();
    workplace.write("bare/law.jsonl", &lines([row(1, json!([1, 1]))].into_iter()));
    let told = fail(4, workplace.critique(&["preprocess", "--for", "gorm", "--data", "bare", "--out", "out"]));
    assert!(told.contains("law: row 0 (question 1, CoT 3) has no `critique`"), "{told}");
    workplace.write("whole/law.jsonl", &lines([row(1, json!(1))].into_iter()));
    let told = fail(4, workplace.critique(&["compose", "--for", "gprm", "--data", "whole", "--out", "out"]));
    assert!(told.contains("question 1, CoT 3") && told.contains("one a step"), "{told}");
    succeed(workplace.critique(&["compose", "--for", "gprm", "--data", "bare", "--out", "composed"]));
    let told = fail(4, workplace.critique(&["shorten", "--for", "gorm", "--data", "composed", "--out", "out"]));
    assert!(told.contains("has a list in `labels`"), "{told}");
    let told = fail(5, workplace.critique(&["compose", "--for", "gprm", "--data", "composed", "--out", "composed"]));
    assert!(told.contains("composed/law.json is read, and would be overwritten"), "{told}");
}

#[test]
fn a_job_that_is_killed_ends_in_the_bytes_of_one_that_was_not() {
    let workplace = Workplace::new();
    // The same question and CoT in two rows: each has critiques of its own.
    workplace.write("data/math.jsonl", &lines((0..14).map(|id| row(id / 2, json!([1, 1])))));
    succeed(workplace.generate(&["--out", "whole"]));
    let rows = workplace.rows("whole/math.json");
    assert_eq!(rows.len(), 28);
    for (place, critiqued) in rows.iter().enumerate() {
        let mut expected = row(place / 4, json!([1, 1]));
        expected["critique"] = critiqued["critique"].clone();
        assert_eq!(*critiqued, expected);
    }
    assert_ne!(rows[0]["critique"], rows[1]["critique"]);
    let records = || std::fs::read_to_string(workplace.path("out/math.journal")).map_or(0, |text| text.lines().count());
    let mut child = workplace.generate(&["--out", "out", "--set", "max_sequences=1"]).spawn().unwrap();
    let begun = Instant::now();
    while records() < 6 {
        assert!(
            child.try_wait().unwrap().is_none() && begun.elapsed() < Duration::from_secs(120),
            "no moment to kill it"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let told = fail(1, workplace.generate(&["--out", "out", "--prefix", "Hm:"]));
    assert!(told.contains("prefix: it was "), "{told}");
    let shown = succeed(workplace.generate(&["--out", "out", "--format", "json"]));
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let resumed = shown[0]["resumed"].as_u64().unwrap();
    assert!(0 < resumed && resumed < 28, "{shown}");
    assert_eq!(workplace.bytes("out/math.json"), workplace.bytes("whole/math.json"));
    let again = workplace.generate(&["--out", "out"]).output().unwrap();
    assert_eq!(String::from_utf8(again.stderr).unwrap(), "Nothing to do: out has a file for each category.\n");
    let told = fail(1, workplace.generate(&["--out", "out", "--seed", "7"]));
    assert!(told.contains("the critiques in out were made with other settings") && told.contains("seed"), "{told}");
}

#[test]
fn the_folder_of_all_shards_is_a_training_set() {
    let workplace = Workplace::new();
    workplace.write("data/math.jsonl", &lines((0..5).map(|id| row(id, json!([1, 1])))));
    succeed(workplace.generate(&["--out", "whole"]));
    for shard in ["0/2", "1/2"] {
        succeed(workplace.generate(&["--out", "shards", "--shard", shard]));
    }
    let critiques = |rows: Vec<Value>| {
        let mut texts: Vec<String> = rows.iter().map(Value::to_string).collect();
        texts.sort();
        texts
    };
    let mut shards = workplace.rows("shards/math-00000-of-00002.json");
    shards.extend(workplace.rows("shards/math-00001-of-00002.json"));
    assert_eq!(critiques(shards), critiques(workplace.rows("whole/math.json")));
    let shown = workplace.shown(&["preprocess", "--for", "gprm", "--data", "shards", "--out", "out"]);
    assert_eq!((&shown[0]["category"], &shown[0]["rows"]), (&"math".into(), &10.into()));
}

#[test]
fn composed_critiques_of_real_rows_pass_preprocessing_and_hang_on_the_seed_alone() {
    let workplace = Workplace::new();
    let data = top().join("experiments/base/data/train");
    for (form, out) in [("gorm", "composed-gorm"), ("gprm", "composed-gprm")] {
        let compose = |out: &str, seed: &str| {
            let data = ["--data", data.to_str().unwrap(), "--categories", "law", "--seed", seed];
            workplace.shown(&[&["compose", "--for", form, "--out", out][..], &data].concat())
        };
        let shown = compose(out, "42");
        let critiques = shown[0]["critiques"].as_u64().unwrap();
        assert!(critiques > 300, "{shown}");
        compose("again", "42");
        assert_eq!(workplace.bytes("again/law.json"), workplace.bytes(&format!("{out}/law.json")));
        compose("again", "43");
        assert_ne!(workplace.bytes("again/law.json"), workplace.bytes(&format!("{out}/law.json")));
        let kept = format!("kept-{form}");
        let shown = workplace.shown(&["preprocess", "--for", form, "--data", out, "--out", &kept]);
        let dropped = &shown[0]["dropped"];
        // Equal short CoTs have equal critiques; labels that contradict nothing leave no other reason.
        for reason in ["without_think_end", "chinese", "empty_cot", "unparsable", "other_label"] {
            assert_eq!(dropped[reason], 0, "{form}: {shown}");
        }
        assert!(dropped["duplicate"].as_u64().unwrap() * 20 < critiques, "{form}: {shown}");
        let rows = workplace.rows(&format!("{kept}/preprocessed_law.json"));
        assert!(!rows.is_empty());
        for row in &rows {
            let critique = row["critique"].as_str().unwrap();
            assert!(critique.starts_with("<think>\nLet's verify step by step: "), "{critique}");
            assert_eq!(critique.matches("</think>").count(), 1, "{critique}");
            assert!(critique.ends_with(" Yes") || critique.ends_with(" No"), "{critique}");
        }
    }
}

#[test]
fn brief_critiques_repeat_one_another_and_are_kept_where_that_is_asked_for() {
    let workplace = Workplace::new();
    let data = top().join("experiments/base/data/train");
    let data = ["--data", data.to_str().unwrap(), "--categories", "law"];
    for form in ["gorm", "gprm"] {
        let shown = workplace.shown(&[&["compose", "--brief", "--for", form, "--out", "composed"][..], &data].concat());
        let critiques = shown[0]["critiques"].as_u64().unwrap();
        let preprocess = ["preprocess", "--for", form, "--data", "composed", "--out", "kept"];
        let shown = workplace.shown(&preprocess);
        assert!(shown[0]["dropped"]["duplicate"].as_u64().unwrap() * 2 > critiques, "{form}: {shown}");
        let shown = workplace.shown(&[&preprocess[..], &["--keep-repeated"]].concat());
        assert_eq!(shown[0]["dropped"]["duplicate"], 0, "{form}: {shown}");
        let balanced = &shown[0]["balanced"];
        assert_eq!(balanced["positive"], balanced["negative"], "{form}: {shown}");
        assert!(workplace.rows("kept/preprocessed_law.json").len() as u64 * 10 > critiques * 8);
    }
}
