//! Whether the committed result is still what the experiment gives: one category, run anew.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::path::Path;
use std::process::Command;

/// What another machine's arithmetic may change of an AUROC, and of a log error.
const TOLERANCE: f64 = 0.02;

/// The rows of a category, each cell by its column.
fn rows(folder: &Path, file: &str, category: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(folder.join("result").join(file)).unwrap();
    let records = reader.records().map(|record| record.unwrap());
    let of_category = records.filter(|record| &record[0] == category);
    of_category.map(|record| record.iter().map(str::to_owned).collect()).collect()
}

#[test]
fn one_category_comes_out_as_committed() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_touchstone-experiment-length"));
    let run = program.args(["--categories", "law", "--out"]).arg(folder.path()).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    // The first columns name a row; the others are numbers.
    for (file, names, least) in [("by_length.csv", 5, 7 * 4), ("compounding.csv", 4, 1)] {
        let (committed, again) = (rows(source, file, "law"), rows(folder.path(), file, "law"));
        assert!(again.len() >= least && again.len() == committed.len(), "{file}: {} rows", again.len());
        for (committed, again) in committed.iter().zip(&again) {
            assert_eq!(committed[..names], again[..names], "{file}");
            for (committed, again) in committed[names..].iter().zip(&again[names..]) {
                let [left, right] = [committed, again].map(|cell| cell.parse::<f64>().ok());
                let near = left
                    .zip(right)
                    .map_or(left == right, |(left, right)| (left - right).abs() <= TOLERANCE * left.abs().max(1.0));
                assert!(near, "{file}: {again}, committed {committed}");
            }
        }
    }
}

#[test]
fn no_measured_error_exceeds_its_bound() {
    let mut reader =
        csv::Reader::from_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("result/compounding.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    let (measured, bound) = (column("product_error"), column("bound"));
    for record in reader.records() {
        let record = record.unwrap();
        let [measured, bound] = [measured, bound].map(|column| record[column].parse::<f64>().unwrap());
        assert!(measured <= bound + 1e-4, "{record:?}");
    }
}
