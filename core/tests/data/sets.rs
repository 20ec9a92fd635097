//! Folders of files, categories, and their order.

use std::path::Path;

use touchstone::data::{Labels, Location, RewardRow, RewardSet, TestSet, TrainingSet};
use touchstone::{Category, PAPER_ORDER};

use crate::{fixture, names, reward_fixture, rows, says};

fn copy(from: &str, folder: &Path, name: &str) {
    std::fs::copy(fixture(from), folder.join(name)).unwrap();
}

fn open(folder: &Path) -> TestSet {
    TestSet::open(&Location::Path(folder.to_owned())).unwrap()
}

fn categories(set: &TestSet) -> Vec<Category> {
    set.categories().cloned().collect()
}

#[test]
fn a_folder_of_all_formats_has_a_category_per_file_in_the_papers_order() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        "test/polars.parquet",
        "test/python.json",
        "test/polars.jsonl",
        "test/duckdb.jsonl.gz",
        "test/duckdb_array.json.zst",
    ];
    let kinds = [".parquet", ".json", ".jsonl", ".jsonl.gz", ".json.zst"];
    for (index, category) in PAPER_ORDER.iter().enumerate() {
        copy(files[index % 5], folder.path(), &format!("{category}{}", kinds[index % 5]));
    }
    std::fs::write(folder.path().join("notes.txt"), "not data").unwrap();
    let set = open(folder.path());
    assert_eq!(names(&categories(&set)), PAPER_ORDER);
    for category in set.categories() {
        let read: Vec<_> = set.rows(category).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(read, rows(category.as_str()));
    }
}

#[test]
fn other_categories_are_in_alphabetical_order() {
    let folder = tempfile::tempdir().unwrap();
    for category in ["zoology", "law", "algebra"] {
        copy("test/polars.parquet", folder.path(), &format!("{category}.parquet"));
    }
    assert_eq!(names(&categories(&open(folder.path()))), ["algebra", "law", "zoology"]);
}

#[test]
fn a_selection_keeps_the_sets_order_and_refuses_what_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    for category in ["math", "law", "health"] {
        copy("test/polars.parquet", folder.path(), &format!("{category}.parquet"));
    }
    let set = open(folder.path());
    let selected = set.select(&["health".into(), "law".into()]).unwrap();
    assert_eq!(names(&categories(&selected)), ["law", "health"]);
    assert_eq!(selected.files().len(), 2);
    let opened = TestSet::open_categories(set.location(), &["health".into(), "law".into()]).unwrap();
    assert_eq!(opened.files(), selected.files());
    assert_eq!(TestSet::open_categories(set.location(), &[]).unwrap().files(), set.files());
    let message = set.select(&["law".into(), "heatlh".into()]).unwrap_err().to_string();
    says(&message, &["has no category heatlh; did you mean \"health\"?; it has law, math, health"]);
}

#[test]
fn reward_files_are_named_with_or_without_their_suffix() {
    let folder = tempfile::tempdir().unwrap();
    copy("rewards/nan_reward.json", folder.path(), "law_reward.json");
    copy("rewards/double.parquet", folder.path(), "math.parquet");
    let set = RewardSet::open(&Location::Path(folder.path().to_owned())).unwrap();
    assert_eq!(set.categories().map(Category::as_str).collect::<Vec<_>>(), ["law", "math"]);
    let rows: Vec<RewardRow> = set.rows(&"law".into()).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows, reward_fixture());
    let single = RewardSet::open(&Location::Path(folder.path().join("law_reward.json"))).unwrap();
    assert_eq!(single.categories().map(Category::as_str).collect::<Vec<_>>(), ["law"]);
}

#[test]
fn a_single_shard_that_is_the_whole_set_has_its_splits_category() {
    let folder = tempfile::tempdir().unwrap();
    copy("test/polars.parquet", folder.path(), "law-00000-of-00001.parquet");
    let file = open(&folder.path().join("law-00000-of-00001.parquet"));
    assert_eq!(names(&categories(&file)), ["law"]);
    assert_eq!(file.files(), open(folder.path()).files());
}

#[test]
fn a_generative_training_set_has_critiques_and_labels_of_either_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("law.jsonl");
    let row = |labels: &str| {
        format!(r#"{{"q_id":1,"question":"?","cot_id":2,"cot":["a","b"],"critique":"<think>","labels":{labels}}}"#)
            + "\n"
    };
    // The same question and CoT comes with several critiques.
    std::fs::write(&path, ["-1", "[1, -1]", "null", "[]"].map(row).concat()).unwrap();
    let set = TrainingSet::open(&Location::Path(path.clone())).unwrap();
    let rows: Vec<_> = set.rows(&"law".into()).unwrap().collect::<Result<_, _>>().unwrap();
    let numbers = |labels: &Option<Labels>| match labels {
        None => vec![],
        Some(Labels::Whole(label)) => vec![label.as_number()],
        Some(Labels::Steps(labels)) => labels.iter().map(|label| label.as_number()).collect(),
    };
    assert_eq!(
        rows.iter().map(|row| numbers(&row.labels)).collect::<Vec<_>>(),
        [vec![-1], vec![1, -1], vec![], vec![]]
    );
    assert!(rows.iter().all(|row| row.critique.as_deref() == Some("<think>") && row.gold.is_none()));
    std::fs::write(&path, row("[1, 2]")).unwrap();
    let message = set.rows(&"law".into()).unwrap().next().unwrap().unwrap_err().to_string();
    says(
        &message,
        &["law.jsonl, line 1, question 1: column `labels[1]` should be a label: 1, 0 or -1, and is the integer 2"],
    );
}

#[cfg(not(feature = "hub"))]
#[test]
fn without_the_hub_a_repository_says_what_to_do() {
    let message = TestSet::open(&"hf://a/b".parse().unwrap()).unwrap_err().to_string();
    says(&message, &["hf://a/b@main lies on the hub", "build with the feature `hub`"]);
}
