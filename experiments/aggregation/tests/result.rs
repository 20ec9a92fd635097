//! Whether the committed result is still what the experiment gives: one category of the discriminative models, run anew.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

/// Points of accuracy, and hundredths of AUROC, within which another machine's arithmetic may differ: 25 questions, so a
/// CoT that changes places changes an accuracy by 4 points at most; AUROC is finer.
const ACCURACY: f64 = 4.0;
const AUROC: f64 = 0.01;

/// Rows by model, aggregator, category and N: Best-of-N and AUROC.
fn rows(path: &Path) -> HashMap<Vec<String>, [f64; 2]> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    let keys = ["model", "aggregator", "category", "n"].map(column);
    let values = ["best_of_n", "auroc"].map(column);
    let row = |record: csv::StringRecord| {
        (keys.map(|key| record[key].to_owned()).to_vec(), values.map(|value| record[value].parse().unwrap()))
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

#[test]
fn one_category_comes_out_as_committed() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    // The generative models take minutes: they are left out.
    let recipe = std::fs::read_to_string(source.join("recipe.yaml")).unwrap();
    let (begin, end) = (recipe.find("  # The two that write critiques").unwrap(), recipe.find("evaluate:").unwrap());
    let recipe = format!("{}{}", &recipe[..begin], &recipe[end..]);
    let recipe = recipe.replace("../", &format!("{}/", source.parent().unwrap().display()));
    let path = folder.path().join("recipe.yaml");
    std::fs::write(&path, recipe).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_touchstone-experiment-aggregation"))
        .arg(&path)
        .args(["--categories", "law"])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));

    let committed = rows(&source.join("result/result.csv"));
    let again = rows(&folder.path().join("result/result.csv"));
    let law: Vec<_> = again.iter().filter(|(key, _)| key[2] == "law").collect();
    assert_eq!(law.len(), 2 * 9 * 2, "two models, nine aggregators, two values of N");
    for (key, [accuracy, auroc]) in law {
        let [committed_accuracy, committed_auroc] = committed[key];
        assert!(
            (accuracy - committed_accuracy).abs() <= ACCURACY,
            "{key:?}: {accuracy}, committed {committed_accuracy}"
        );
        assert!((auroc - committed_auroc).abs() <= AUROC, "{key:?}: {auroc}, committed {committed_auroc}");
    }
}
