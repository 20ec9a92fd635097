//! What verifiers write is kept beside the rewards, and only where that was asked for.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::place::Place;
use crate::data::RewardSet;

#[test]
fn every_cot_has_its_line_in_the_order_of_the_data_whatever_the_order_of_the_work() {
    let place = Place::new();
    place.script.seed.store(7, Ordering::Relaxed);
    let written = place.score(json!({}), "out").unwrap();
    assert!(written[0].rationales.as_ref().unwrap().ends_with("out/law_rationales.jsonl"));
    let text = place.read("out/law_rationales.jsonl");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let rewards: Value = serde_json::from_str(&place.read("out/law_reward.json")).unwrap();
    let mut lines = lines.iter();
    for row in rewards.as_array().unwrap() {
        for (cot, rewards) in row["cot_ids"].as_array().unwrap().iter().zip(row["rewards"].as_array().unwrap()) {
            let line = lines.next().unwrap();
            assert_eq!((&line["q_id"], &line["cot_id"]), (&row["q_id"], cot));
            let rationales = line["rationales"].as_array().unwrap();
            assert_eq!(
                rationales.iter().map(|one| &one["reward"]).collect::<Vec<_>>(),
                Vec::from_iter(rewards.as_array().unwrap())
            );
            assert!(rationales.iter().enumerate().all(|(place, one)| one["text"] == format!("{cot}\n{place}")));
        }
    }
    assert!(lines.next().is_none());
}

#[test]
fn the_file_is_not_taken_for_rewards() {
    let place = Place::new();
    place.score(json!({}), "out").unwrap();
    let set = RewardSet::open(&place.path("out").to_string_lossy().parse().unwrap()).unwrap();
    assert_eq!(set.categories().map(|category| category.as_str()).collect::<Vec<_>>(), ["law", "math"]);
}

#[test]
fn what_was_not_asked_for_is_neither_kept_nor_written() {
    let place = Place::new();
    place.drops_rationales.set(true);
    place.script.fail_after.store(10, Ordering::Relaxed);
    place.score(json!({}), "out").unwrap_err();
    assert!(!place.read("out/law_reward.journal").contains("rationales\":["));
    let written = place.score(json!({}), "out").unwrap();
    assert!(written.iter().all(|category| category.rationales.is_none()));
    assert_eq!(place.names("out"), ["law_reward.json", "math_reward.json", "provenance.json"]);
}

#[test]
fn a_job_that_began_without_them_does_not_go_on_with_them() {
    let place = Place::new();
    place.drops_rationales.set(true);
    place.script.fail_after.store(10, Ordering::Relaxed);
    place.score(json!({}), "out").unwrap_err();
    place.drops_rationales.set(false);
    let told = place.score(json!({}), "out").unwrap_err().to_string();
    assert!(told.contains("rationales: it was false, and is true now"), "{told}");
}
