//! Whether the committed result is still what the experiment gives: one category, the strategies that need no reward model anew,
//! and those that do, run on fewer draws.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

/// Rows by strategy and most samples: solutions, tokens generated, tokens read, accuracy.
fn rows(path: &Path) -> HashMap<(String, u32), [f64; 4]> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let row = |record: csv::StringRecord| {
        let number = |place: usize| record[place].parse().unwrap();
        ((record[0].to_owned(), record[1].parse().unwrap()), [number(2), number(3), number(4), number(5)])
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

#[test]
fn one_category_costs_what_its_cots_hold_and_comes_near_the_committed_result() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let recipe = std::fs::read_to_string(source.join("recipe.yaml")).unwrap();
    let recipe = recipe.replace("../", &format!("{}/", source.parent().unwrap().display()));
    let recipe = recipe.replace("draws: 20", "draws: 4");
    let path = folder.path().join("recipe.yaml");
    std::fs::write(&path, recipe).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_touchstone-experiment-compute"))
        .arg(&path)
        .args(["--categories", "law"])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));

    let [committed, again] = [source, folder.path()].map(|folder| rows(&folder.join("result/result.csv")));
    assert_eq!(committed.len(), 6 * 5);
    assert_eq!(again.len(), committed.len());
    let of = |strategy: &str, samples: u32| again[&(strategy.to_owned(), samples)];
    for samples in [1, 2, 4, 8, 16] {
        let [solutions, generated, read, _] = of("majority vote", samples);
        assert_eq!((solutions, read), (f64::from(samples), 0.0));
        // Best-of-N asks for the same solutions, and its reward model reads each of them and the question once.
        let [.., read_by_dorm, _] = of("Best-of-N, dORM", samples);
        assert_eq!(of("Best-of-N, dORM", samples)[1], generated);
        assert!(read_by_dorm > generated, "{read_by_dorm} {generated}");
        // A vote that may stop early never asks for more, and asks for as much where it may not.
        let early = of("self-consistency, Beta 0.95", samples);
        assert!(early[0] <= solutions && early[1] <= generated);
    }
    assert!(of("self-consistency, Beta 0.95", 16)[0] < 14.0);
    // One draw is as good as another before there is anything to choose.
    for strategy in ["Best-of-N, dORM", "weighted vote, dPRM", "self-consistency, windows of 4"] {
        assert_eq!(of(strategy, 1)[3], of("majority vote", 1)[3], "{strategy}");
    }
}
