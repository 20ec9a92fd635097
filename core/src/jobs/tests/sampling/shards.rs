//! Shards of a sampling job, and what joins them.

use std::fs;

use super::studio::{Studio, questions};
use crate::jobs::{FileFormat, Shard};

/// Samples all shards, the first of them into `a` and the others into `b`.
fn sharded(studio: &Studio, count: u32) {
    for index in 0..count {
        studio.sample_shard(if index == 0 { "a" } else { "b" }, Shard::new(index, count)).unwrap();
    }
}

#[test]
fn shards_joined_are_the_whole_to_the_byte() {
    for (count, format) in
        [(1, FileFormat::Json), (3, FileFormat::Parquet), (9, FileFormat::Jsonl), (2, FileFormat::Json)]
    {
        let mut studio = Studio::new(7, 4);
        studio.settings.format = format;
        let whole = studio.undisturbed();
        sharded(&studio, count);
        assert_eq!(studio.script.times_asked(), 11, "every question is in one shard");
        let folders: &[&str] = if count == 1 { &["a"] } else { &["a", "b"] };
        let merged = studio.merge(folders, "out").unwrap();
        assert_eq!((merged[0].questions, merged[0].cots, merged.len()), (7, 21, 2));
        assert_eq!(studio.files("out"), whole, "{count} {format:?}");
        // They are taken for the CoTs of this job.
        assert!(studio.sample("out").unwrap().is_empty());
    }
}

#[test]
fn a_shards_file_says_which_it_is_and_a_missing_one_is_named() {
    let studio = Studio::new(7, 4);
    sharded(&studio, 3);
    assert!(studio.names("b").contains(&"law-00001-of-00003.json".to_owned()));
    let told = studio.sample_shard("b", Shard::new(1, 4)).unwrap_err().to_string();
    assert!(told.contains("shards: it was 3, and is 4 now"), "{told}");
    fs::remove_file(studio.path("b/math-00002-of-00003.json")).unwrap();
    let told = studio.merge(&["a", "b"], "out").unwrap_err().to_string();
    assert!(told.contains("math-00002-of-00003.json of the category math is missing"), "{told}");
    assert!(!studio.path("out").exists());
}

#[test]
fn shards_with_other_settings_or_other_data_are_not_joined() {
    let mut studio = Studio::new(7, 4);
    studio.sample_shard("a", Shard::new(0, 2)).unwrap();
    studio.settings.seed = 1;
    studio.sample_shard("b", Shard::new(1, 2)).unwrap();
    let told = studio.merge(&["a", "b"], "out").unwrap_err().to_string();
    assert!(told.contains("/b were made with other settings") && told.contains("seed: it was 42"), "{told}");
    studio.write("data/law.jsonl", &questions("law", 8));
    assert!(studio.merge(&["a"], "out").unwrap_err().to_string().contains("data.law"));
    studio.sample("whole").unwrap();
    assert!(studio.merge(&["whole"], "out").unwrap_err().to_string().contains("holds no shards"));
}

/// What joining says of two shards of which the second one's law file was changed so.
fn told_of(change: impl Fn(Vec<String>) -> Vec<String>) -> String {
    let studio = Studio::new(7, 4);
    sharded(&studio, 2);
    let name = "b/law-00001-of-00002.json";
    let text = fs::read_to_string(studio.path(name)).unwrap();
    let rows = text.trim().trim_matches(['[', ']']).split(",\n").map(str::to_owned).collect();
    studio.write(name, &format!("[{}]", change(rows).join(",\n")));
    let told = studio.merge(&["a", "b"], "out").unwrap_err().to_string();
    assert!(told.contains("law-00001-of-00002.json"), "{told}");
    assert!(!studio.path("out/law.json").exists());
    told
}

#[test]
fn questions_and_cots_that_are_missing_doubled_or_foreign_are_named_with_their_file() {
    let told = told_of(|mut rows| rows.drain(..2).collect());
    assert!(told.contains("question 5 of the data is missing from"), "{told}");
    let told = told_of(|rows| [rows.clone(), vec![rows[0].replace("\"q_id\":1", "\"q_id\":99")]].concat());
    assert!(told.contains("question 99 in ") && told.contains("is not that shard's"), "{told}");
    let told = told_of(|rows| [rows.clone(), vec![rows[0].clone()]].concat());
    assert!(told.contains("question 1 is there twice"), "{told}");
    let told =
        told_of(|rows| rows.into_iter().map(|row| row.replace("\"cot_ids\":[0,1,2]", "\"cot_ids\":[0,1,3]")).collect());
    assert!(told.contains("the CoTs 0, 1, 3, and they should be 0, 1, 2"), "{told}");
}
