//! Data in and out, as files of real writers have it and as damaged files have it.
#![cfg(feature = "data")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod damage;
mod faults;
mod json_faults;
mod rewards;
mod sets;
mod writers;
mod writing;

use std::path::{Path, PathBuf};

use touchstone::data::{Location, RewardRow, RewardSet, TestRow, TestSet};
use touchstone::{Category, Cot, CotId, Question, QuestionId, Result, Rewards};

/// A committed fixture.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/data").join(name)
}

/// All rows of a test set of a single file.
fn test_rows(path: &Path) -> Result<Vec<TestRow>> {
    let set = TestSet::open(&Location::Path(path.to_owned()))?;
    let category = set.categories().next().expect("a file holds a category").clone();
    set.rows(&category)?.collect()
}

/// All rows of a reward set of a single file.
fn reward_rows(path: &Path) -> Result<Vec<RewardRow>> {
    let set = RewardSet::open(&Location::Path(path.to_owned()))?;
    let category = set.categories().next().expect("a file holds a category").clone();
    set.rows(&category)?.collect()
}

/// The message of the error in reading a file of this name and content as a test set.
fn test_error(name: &str, content: impl AsRef<[u8]>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content.as_ref()).unwrap();
    let message = test_rows(&path).expect_err("the file is wrong").to_string();
    assert_eq!(std::fs::read(&path).unwrap(), content.as_ref(), "a file that is read is never touched");
    assert!(message.contains(name), "names the file: {message}");
    message
}

/// The message of the error in reading a file of this name and content as a reward set.
fn reward_error(name: &str, content: impl AsRef<[u8]>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content.as_ref()).unwrap();
    let message = reward_rows(&path).expect_err("the file is wrong").to_string();
    assert!(message.contains(name), "names the file: {message}");
    message
}

/// Checks that a message says each of these.
#[track_caller]
fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

/// The rows that `fixtures/data/make.py` wrote in every way, in the category `category`.
fn rows(category: &str) -> Vec<TestRow> {
    let cot = |id, steps: &[&str], answer: Option<&str>| Cot {
        id: CotId(id),
        steps: steps.iter().map(|step| (*step).into()).collect(),
        answer: answer.map(str::to_owned),
    };
    let row = |id: &str, text: &str, gold: &str, cots| TestRow {
        question: Question { id: id.into(), category: category.into(), text: text.to_owned() },
        gold: gold.to_owned(),
        cots,
        step_labels: None,
    };
    vec![
        row(
            "1",
            "1 + 1?\n(A) 2\n(B) 3",
            "A",
            vec![cot(0, &["one and one", "is two"], Some("A")), cot(7, &["é is 📜"], None)],
        ),
        row("2", "nothing?", "N/A", vec![]),
        row(
            "3",
            "2 + 2?",
            "b",
            vec![cot(5, &[], None), cot(3, &["four", ""], Some("b")), cot(4, &["NaN"], Some("NaN"))],
        ),
    ]
}

/// The rewards that `fixtures/data/make.py` wrote in every way.
fn reward_fixture() -> Vec<RewardRow> {
    vec![
        reward_row("1", &[0, 7], &[&[Some(0.5), Some(0.25)], &[Some(1.0)]]),
        reward_row("2", &[], &[]),
        reward_row("3", &[3, 5, 4], &[&[Some(0.0), None], &[], &[Some(0.125)]]),
    ]
}

fn reward_row(id: impl Into<QuestionId>, cots: &[i64], rewards: &[&[Option<f64>]]) -> RewardRow {
    RewardRow {
        id: id.into(),
        cot_ids: cots.iter().copied().map(CotId).collect(),
        rewards: rewards.iter().map(|values| Rewards::new(values.to_vec()).unwrap()).collect(),
    }
}

fn names(categories: &[Category]) -> Vec<&str> {
    categories.iter().map(Category::as_str).collect()
}
