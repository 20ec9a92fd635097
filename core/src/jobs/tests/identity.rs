//! What a job is made from: whose rewards are refused, and whose are not.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::place::{Place, questions};
use crate::Result;

/// Scores until the verifier fails after four CoTs.
fn interrupted(place: &Place, settings: Value) {
    place.script.fail_after.store(4, Ordering::Relaxed);
    place.score(settings, "out").unwrap_err();
    place.script.fail_after.store(0, Ordering::Relaxed);
}

fn refused<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn other_settings_are_refused_with_what_differs_finished_or_not() {
    let place = Place::new();
    interrupted(&place, json!({"compute": {"device": "cpu"}}));
    let other = json!({"compute": {"device": "cuda:0"}});
    let told = refused(place.score(other.clone(), "out"));
    assert!(told.contains("verifier.compute.device: it was \"cpu\", and is \"cuda:0\" now"), "{told}");
    // The journal tells it, too, where the provenance is lost.
    std::fs::remove_file(place.path("out/provenance.json")).unwrap();
    let told = refused(place.score(other.clone(), "out"));
    assert!(
        told.contains("law_reward.journal is of another job") && told.contains("verifier.compute.device"),
        "{told}"
    );
    place.score(json!({"compute": {"device": "cpu"}}), "out").unwrap();
    let told = refused(place.score(other, "out"));
    assert!(told.contains("verifier.compute.device") && told.contains("the rewards in "), "{told}");
}

#[test]
fn a_setting_that_changes_no_result_may_change() {
    let place = Place::new();
    interrupted(&place, json!({"compute": {"batch": 64}}));
    place.score(json!({"compute": {"batch": 8}}), "out").unwrap();
    assert!(place.score(json!({}), "out").unwrap().is_empty());
    assert_eq!(place.script.times_scored(), super::place::COTS);
}

#[test]
fn a_changed_weight_is_noticed_and_a_moved_model_is_the_same() {
    let place = Place::new();
    place.write("tiny/model.safetensors", "weights");
    place.write("tiny/config.json", "{}");
    let model = |name: &str| json!({"model": place.path(name)});
    interrupted(&place, model("tiny"));
    std::fs::rename(place.path("tiny"), place.path("moved")).unwrap();
    place.score(model("moved"), "out").unwrap();
    place.write("moved/model.safetensors", "Weights");
    let told = refused(place.score(model("moved"), "out"));
    assert!(told.contains("verifier.model.model.safetensors: it was ") && !told.contains("config.json:"), "{told}");
    let told = refused(place.score(json!({"model": "hf://a/tiny"}), "out"));
    assert!(told.contains("\"hf://a/tiny\""), "{told}");
}

#[test]
fn files_are_found_in_lists_and_in_nested_plugins() {
    let place = Place::new();
    let inner = json!({"type": "scripted", "model": place.path("b")});
    let settings = json!({"adapters": [place.path("a"), "embedded:tiny"], "inner": inner});
    place.write("a", "1");
    place.write("b", "1");
    interrupted(&place, settings.clone());
    place.write("a", "2");
    place.write("b", "3");
    let told = refused(place.score(settings, "out"));
    assert!(told.contains("verifier.adapters: ") && told.contains("verifier.inner.model: "), "{told}");
}

#[test]
fn a_model_that_is_not_there_is_told_by_its_setting_and_leaves_nothing_behind() {
    let place = Place::new();
    let told = refused(place.score(json!({"model": "no/such/model"}), "out"));
    assert!(told.contains("the setting \"model\": there is nothing at no/such/model"), "{told}");
    assert!(!place.path("out").exists());
}

#[test]
fn other_data_is_refused_and_further_categories_are_not() {
    let place = Place::new();
    let math = std::fs::read(place.path("data/math.jsonl")).unwrap();
    std::fs::remove_file(place.path("data/math.jsonl")).unwrap();
    place.score(json!({}), "out").unwrap();
    std::fs::write(place.path("data/math.jsonl"), &math).unwrap();
    interrupted(&place, json!({}));
    place.write("data/math.jsonl", &questions("math", 5));
    let told = refused(place.score(json!({}), "out"));
    assert!(told.contains("data.math: it was ") && !told.contains("data.law"), "{told}");
    std::fs::write(place.path("data/math.jsonl"), &math).unwrap();
    place.score(json!({}), "out").unwrap();
    place.write("data/law.jsonl", &questions("law", 8));
    assert!(refused(place.score(json!({}), "out")).contains("data.law"));
}

#[test]
fn a_folder_with_someone_elses_files_is_left_alone() {
    let place = Place::new();
    place.write("out/law_reward.json", "[]");
    let told = refused(place.score(json!({}), "out"));
    assert!(told.contains("no provenance.json"), "{told}");
    assert_eq!(place.names("out"), ["law_reward.json"]);
}

#[test]
fn what_was_begun_and_has_no_reward_yet_binds_no_one() {
    let place = Place::new();
    let context = place.context();
    context.cancel();
    place.score_under(&context, json!({"compute": {"device": "cpu"}}), "out", None).unwrap_err();
    assert_eq!(place.names("out"), ["provenance.json"]);
    place.score(json!({"compute": {"device": "metal"}}), "out").unwrap();
    assert!(place.read("out/provenance.json").contains("metal"));
}
