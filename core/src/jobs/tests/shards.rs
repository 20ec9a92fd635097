//! Shards, and what joins them.

use std::fs;

use serde_json::json;

use super::place::{COTS, Place};
use crate::jobs::Shard;

/// Scores all shards, the first of them into `a` and the others into `b`.
fn sharded(place: &Place, count: u32) {
    for index in 0..count {
        let folder = if index == 0 { "a" } else { "b" };
        place.score_shard(json!({}), folder, Shard::new(index, count)).unwrap();
    }
}

#[test]
fn shards_joined_are_the_whole_to_the_byte() {
    for count in [1, 2, 3, 9] {
        let place = Place::new();
        let whole = place.undisturbed(json!({}));
        sharded(&place, count);
        assert_eq!(place.script.times_scored(), COTS, "every CoT is in one shard");
        let folders: &[&str] = if count == 1 { &["a"] } else { &["a", "b"] };
        let merged = place.merge(folders, "out").unwrap();
        assert_eq!((merged[0].questions, merged[0].cots, merged.len()), (7, 21, 2));
        assert_eq!(place.files("out"), whole);
        // They are taken for the rewards of this verifier.
        assert!(place.score(json!({}), "out").unwrap().is_empty());
        // And may be merged again.
        place.merge(folders, "out").unwrap();
    }
}

#[test]
fn a_shards_file_says_which_it_is_and_shards_of_another_count_are_refused() {
    let place = Place::new();
    place.score_shard(json!({}), "out", Shard::new(1, 3)).unwrap();
    assert!(place.names("out").contains(&"law_reward-00001-of-00003.json".to_owned()));
    let told = place.score_shard(json!({}), "out", Shard::new(1, 4)).unwrap_err().to_string();
    assert!(told.contains("shards: it was 3, and is 4 now"), "{told}");
    let told = place.score(json!({}), "out").unwrap_err().to_string();
    assert!(told.contains("shards: it was 3, and is null now"), "{told}");
}

#[test]
fn a_missing_shard_is_named() {
    let place = Place::new();
    sharded(&place, 3);
    fs::remove_file(place.path("b/math_reward-00002-of-00003.json")).unwrap();
    let told = place.merge(&["a", "b"], "out").unwrap_err().to_string();
    assert!(told.contains("math_reward-00002-of-00003.json of the category math is missing"), "{told}");
    assert!(!place.path("out").exists());
    let told = place.merge(&["a"], "out").unwrap_err().to_string();
    assert!(told.contains("law_reward-00001-of-00003.json of the category law"), "{told}");
}

#[test]
fn a_shard_in_two_folders_is_named() {
    let place = Place::new();
    sharded(&place, 2);
    fs::copy(place.path("a/law_reward-00000-of-00002.json"), place.path("b/law_reward-00000-of-00002.json")).unwrap();
    let told = place.merge(&["a", "b"], "out").unwrap_err().to_string();
    assert!(told.contains("law comes twice") && told.contains("/a/law_") && told.contains("/b/law_"), "{told}");
}

/// What merging says of two shards of which the second one's law file was changed so.
fn told_of(change: impl Fn(String) -> String) -> String {
    let place = Place::new();
    sharded(&place, 2);
    let name = "b/law_reward-00001-of-00002.json";
    let before = place.read(name);
    let changed = change(before.clone());
    assert_ne!(before, changed);
    place.write(name, &changed);
    let told = place.merge(&["a", "b"], "out").unwrap_err().to_string();
    assert!(told.contains("law") && told.contains("law_reward-00001-of-00002.json"), "{told}");
    assert!(!place.path("out/law_reward.json").exists());
    told
}

#[test]
fn a_missing_a_doubled_and_a_foreign_question_are_named_with_their_files() {
    let without_last = |text: String| text[..text.rfind(",\n").unwrap()].to_owned() + "]\n";
    assert!(told_of(without_last).contains("question é5 of the data is missing"));
    let extra = |id: &str| format!("[{{\"q_id\":\"{id}\",\"cot_ids\":[5,1,3],\"rewards\":[[],[],[]]}},\n");
    let told = told_of(|text| text.replacen('[', &extra("é2"), 1));
    assert!(told.contains("question é2 comes twice") && told.contains("a/law_reward-00000-of-00002.json"), "{told}");
    assert!(told_of(|text| text.replacen('[', &extra("x"), 1)).contains("question x in "));
    assert!(told_of(|text| text.replacen('[', &extra("é1"), 1)).contains("question é1 is there twice"));
}

#[test]
fn a_missing_cot_is_named() {
    let told = told_of(|text| text.replacen("[5,1,3]", "[5,1,4]", 1));
    assert!(told.contains("question é1 the CoTs 5, 1, 4, and they should be 5, 1, 3"), "{told}");
}

#[test]
fn shards_of_another_verifier_or_of_other_data_are_not_joined() {
    let place = Place::new();
    place.score_shard(json!({}), "a", Shard::new(0, 2)).unwrap();
    place.score_shard(json!({"scope": "question"}), "b", Shard::new(1, 2)).unwrap();
    let told = place.merge(&["a", "b"], "out").unwrap_err().to_string();
    assert!(told.contains("/b were made by another verifier") && told.contains("verifier.scope"), "{told}");
    place.write("data/law.jsonl", &super::place::questions("law", 8));
    assert!(place.merge(&["a"], "out").unwrap_err().to_string().contains("data.law"));
}

#[test]
fn shards_are_joined_into_another_folder_only_and_whole_files_are_no_shards() {
    let place = Place::new();
    sharded(&place, 1);
    assert!(place.merge(&["a"], "a").unwrap_err().to_string().contains("into another folder"));
    place.score(json!({}), "whole").unwrap();
    assert!(place.merge(&["whole"], "out").unwrap_err().to_string().contains("holds no shards"));
}
