//! Whether the committed result is still what the experiment gives: one category of the discriminative models, run anew.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

/// Points of accuracy that another machine's arithmetic may change: one of 25 questions.
const TOLERANCE: f64 = 4.0;

/// The mean accuracy in law by N and method.
fn law(folder: &Path, file: &str) -> HashMap<[String; 2], f64> {
    let mut reader = csv::Reader::from_path(folder.join("result/all-questions").join(file)).unwrap();
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    let (n, method, mean) = (column("N"), column("Method"), column("law_mean"));
    let row =
        |record: csv::StringRecord| ([n, method].map(|name| record[name].to_owned()), record[mean].parse().unwrap());
    reader.records().map(|record| row(record.unwrap())).collect()
}

#[test]
fn one_category_comes_out_as_committed() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    // The study with the generative models takes minutes: it is left out.
    let recipe = std::fs::read_to_string(source.join("recipe.yaml")).unwrap();
    let (begin, end) =
        (recipe.find("  # The two that write a critique").unwrap(), recipe.rfind("out: result").unwrap());
    let recipe = format!("{}{}", &recipe[..begin], &recipe[end..]);
    let recipe = recipe.replace("../", &format!("{}/", source.parent().unwrap().display()));
    let path = folder.path().join("recipe.yaml");
    std::fs::write(&path, recipe).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_touchstone-experiment-multi-domain"));
    let run = program.arg(&path).args(["--categories", "law"]).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    for file in ["best_of_n.csv", "weighted_vote.csv"] {
        let (committed, again) = (law(source, file), law(folder.path(), file));
        assert_eq!(again.len(), committed.len(), "{file}");
        assert_eq!(again.len(), 20, "{file}: majority vote, two models and Pass@N at five values of N");
        for (key, accuracy) in again {
            let committed = committed[&key];
            assert!((accuracy - committed).abs() <= TOLERANCE, "{file} {key:?}: {accuracy}, committed {committed}");
        }
    }
}
