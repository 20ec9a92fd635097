//! The published evaluation's tables, reproduced to the byte by the command line, from JSON and from Parquet.
//!
//! The rewards and expected tables are those of `core/tests/fixtures/evaluation` (its README says how they were made); the
//! test set is the quick start's.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use touchstone::data::{Location, RewardSet, TestSet, write_rewards};

const EDGE_METHODS: [(&str, &str); 4] = [("high", "max"), ("product", "prod"), ("low", "min"), ("final", "last")];
const PAPER_METHODS: [(&str, &str); 4] = [("dORM", "last"), ("dPRM", "min"), ("gORM", "mean"), ("gPRM", "mean")];

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn fixture(name: &str) -> PathBuf {
    top().join("core/tests/fixtures/evaluation").join(name)
}

fn golden(name: &str) -> Value {
    let text = zstd::decode_all(std::fs::File::open(fixture(&format!("{name}.json.zst"))).unwrap()).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// Writes the reward sets as Python writes them: `NaN` for what is missing.
fn write_json_rewards(golden: &Value, folder: &Path) {
    for (method, categories) in golden["rewards"].as_object().unwrap() {
        std::fs::create_dir_all(folder.join(method)).unwrap();
        for (category, rows) in categories.as_object().unwrap() {
            let text = serde_json::to_string(rows).unwrap().replace("null", "NaN");
            std::fs::write(folder.join(method).join(format!("{category}_reward.json")), text).unwrap();
        }
    }
}

/// The same reward sets as Parquet.
fn write_parquet_rewards(json: &Path, parquet: &Path) {
    for method in std::fs::read_dir(json).unwrap() {
        let method = method.unwrap();
        let set = RewardSet::open(&Location::Path(method.path())).unwrap();
        let folder = parquet.join(method.file_name());
        std::fs::create_dir_all(&folder).unwrap();
        for category in set.categories() {
            write_rewards(folder.join(format!("{category}_reward.parquet")), set.rows(category).unwrap()).unwrap();
        }
    }
}

/// The test set as JSON.
fn write_json_test_set(parquet: &Path, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let set = TestSet::open(&Location::Path(parquet.to_owned())).unwrap();
    for category in set.categories() {
        let rows: Vec<Value> = set
            .rows(category)
            .unwrap()
            .map(|row| {
                let row = row.unwrap();
                json!({
                    "q_id": row.question.id,
                    "question": row.question.text,
                    "answer": row.gold,
                    "cot_ids": row.cots.iter().map(|cot| cot.id).collect::<Vec<_>>(),
                    "cots": row.cots.iter().map(|cot| &cot.steps).collect::<Vec<_>>(),
                    "parsed_answers": row.cots.iter().map(|cot| &cot.answer).collect::<Vec<_>>(),
                })
            })
            .collect();
        std::fs::write(folder.join(format!("{category}.json")), serde_json::to_string(&rows).unwrap()).unwrap();
    }
}

/// The tables that the command line writes.
fn evaluate(data: &Path, rewards: &Path, methods: &[(&str, &str)], extra: &[&str]) -> BTreeMap<&'static str, String> {
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
    command.arg("evaluate").arg("--data").arg(data).arg("--out").arg(out.path()).args(extra);
    for (name, aggregator) in methods {
        command.arg("--rewards").arg(format!("{name}:{aggregator}={}", rewards.join(name).display()));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |name: &'static str| (name, std::fs::read_to_string(out.path().join(name)).unwrap());
    ["best_of_n.csv", "weighted_vote.csv"].map(read).into()
}

fn expected(name: &str) -> BTreeMap<&'static str, String> {
    let read = |table: &'static str| (table, std::fs::read_to_string(fixture(&format!("{name}_{table}"))).unwrap());
    ["best_of_n.csv", "weighted_vote.csv"].map(read).into()
}

#[test]
fn the_papers_evaluation_is_reproduced_to_the_byte_from_json_and_from_parquet() {
    let folder = tempfile::tempdir().unwrap();
    let [json, parquet, json_data] = ["json", "parquet", "data"].map(|name| folder.path().join(name));
    let parquet_data = top().join("experiments/cli/quickstart/data");
    write_json_rewards(&golden("paper"), &json);
    write_parquet_rewards(&json, &parquet);
    write_json_test_set(&parquet_data, &json_data);
    assert!(std::fs::read_to_string(json.join("gORM/law_reward.json")).unwrap().contains("NaN"));
    for (data, rewards) in [(&json_data, &json), (&parquet_data, &parquet)] {
        assert_eq!(evaluate(data, rewards, &PAPER_METHODS, &[]), expected("paper"), "{}", data.display());
    }
}

#[test]
fn odd_answers_ids_and_numbers_of_cots_are_reproduced_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let [json, parquet, data] = ["json", "parquet", "data"].map(|name| folder.path().join(name));
    let golden = golden("edge");
    write_json_rewards(&golden, &json);
    write_parquet_rewards(&json, &parquet);
    std::fs::create_dir_all(&data).unwrap();
    for (category, rows) in golden["questions"].as_object().unwrap() {
        let rows: Vec<Value> = rows
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                let steps = |count: &Value| vec!["step"; count.as_u64().unwrap() as usize];
                let cots: Vec<Vec<&str>> = row["steps"].as_array().unwrap().iter().map(steps).collect();
                json!({
                    "q_id": row["q_id"], "question": "", "answer": row["answer"], "cot_ids": row["cot_ids"],
                    "cots": cots, "parsed_answers": row["parsed_answers"],
                })
            })
            .collect();
        std::fs::write(data.join(format!("{category}.json")), serde_json::to_string(&rows).unwrap()).unwrap();
    }
    for rewards in [&json, &parquet] {
        let tables = evaluate(&data, rewards, &EDGE_METHODS, &["--seed", "7", "--runs", "50"]);
        assert_eq!(tables, expected("edge"));
    }
}

/// Runs a program that must succeed.
fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The mean as a library in C.
fn mean_in_c(folder: &Path) -> PathBuf {
    let library = folder.join("libmean_in_c.so");
    let source = top().join("tests/plugins/mean.c");
    let header = top().join("plugins/dynamic/include");
    succeed(Command::new("cc").args(["-shared", "-fPIC", "-O2", "-o"]).arg(&library).arg(source).arg("-I").arg(header));
    library
}

/// The mean as a library in Rust, in a project of its own.
fn mean_in_rust(folder: &Path) -> PathBuf {
    let new = ["plugins", "new", "mean_in_rust", "--kind", "aggregator"];
    succeed(Command::new(env!("CARGO_BIN_EXE_touchstone")).args(new).current_dir(folder));
    let project = folder.join("mean_in_rust");
    std::fs::copy(top().join("tests/plugins/mean.rs"), project.join("src/lib.rs")).unwrap();
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("third_party");
    let mut cargo = Command::new("cargo");
    cargo.arg("build").current_dir(&project).env_remove("CARGO_TARGET_DIR");
    succeed(cargo.env("CARGO_BUILD_BUILD_DIR", shared).env("CARGO_NET_OFFLINE", "true"));
    let [prefix, suffix] = [std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX];
    project.join(format!("target/debug/{prefix}mean_in_rust{suffix}"))
}

#[test]
fn the_mean_as_a_library_in_c_and_in_rust_gives_the_tables_of_the_built_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let rewards = folder.path().join("rewards");
    let data = top().join("experiments/cli/quickstart/data");
    write_json_rewards(&golden("paper"), &rewards);
    let methods = |aggregator: &'static str| ["dORM", "dPRM", "gORM", "gPRM"].map(|name| (name, aggregator));
    let built_in = evaluate(&data, &rewards, &methods("mean"), &[]);
    for (name, library) in [("mean_in_c", mean_in_c(folder.path())), ("mean_in_rust", mean_in_rust(folder.path()))] {
        let plugin = ["--plugin", library.to_str().unwrap()];
        assert_eq!(evaluate(&data, &rewards, &methods(name), &plugin), built_in, "{name}");
    }
}
