//! What a sampling job is made from: which CoTs are refused, and which are not.

use std::sync::atomic::Ordering;

use super::studio::{Studio, questions};
use crate::PluginSpec;
use crate::jobs::SamplingSettings;

/// Samples until the generator fails after four completions.
fn interrupted(studio: &Studio) {
    studio.script.fail_after.store(4, Ordering::Relaxed);
    studio.sample("out").unwrap_err();
    studio.script.fail_after.store(0, Ordering::Relaxed);
}

/// What is said of going on with these settings.
fn told_of(change: impl Fn(&mut SamplingSettings)) -> [String; 2] {
    let mut studio = Studio::new(3, 1);
    interrupted(&studio);
    let before = studio.settings.clone();
    change(&mut studio.settings);
    let of_journal = studio.sample("out").unwrap_err().to_string();
    assert!(of_journal.contains("law.journal is of another job"), "{of_journal}");
    let changed = std::mem::replace(&mut studio.settings, before);
    studio.sample("out").unwrap();
    studio.settings = changed;
    let of_files = studio.sample("out").unwrap_err().to_string();
    assert!(
        of_files.contains("the CoTs in ") && of_files.contains("made with other settings or from other data"),
        "{of_files}"
    );
    [of_journal, of_files]
}

#[test]
fn other_settings_are_refused_with_what_differs_finished_or_not() {
    for told in told_of(|settings| settings.seed = 43) {
        assert!(told.contains("seed: it was 42, and is 43 now"), "{told}");
    }
    for told in told_of(|settings| settings.samples = 4.try_into().unwrap()) {
        assert!(told.contains("samples: it was 3, and is 4 now"), "{told}");
    }
    for told in told_of(|settings| settings.generator = PluginSpec::named("scripted").with("by", "x")) {
        assert!(told.contains("generator.by: it was nothing, and is \"x\" now"), "{told}");
    }
    for told in told_of(|settings| settings.stop.clear()) {
        assert!(told.contains("stop: it was [\"STOP\",\"OP\"], and is [] now"), "{told}");
    }
    for told in told_of(|settings| settings.chat = crate::generator::Chat::None) {
        assert!(told.contains("chat: it was \"model\", and is \"none\" now"), "{told}");
    }
}

#[test]
fn another_prompt_is_refused_whether_it_comes_from_a_folder_or_a_file() {
    let mut studio = Studio::new(3, 1);
    interrupted(&studio);
    studio.write("mine", "Q: {{ question }}");
    studio.settings.template = Some(studio.path("mine"));
    let told = studio.sample("out").unwrap_err().to_string();
    assert!(told.contains("templates.solution.jinja: it was "), "{told}");
    // The built-in text is the same prompt, wherever it lies.
    studio.write("mine", include_str!("../../../../../templates/solution.jinja"));
    studio.sample("out").unwrap();
    studio.settings.template = None;
    studio.write("templates/solution.jinja", "Q: {{ question }}");
    studio.templates.override_from(&studio.path("templates")).unwrap();
    assert!(studio.sample("out").unwrap_err().to_string().contains("templates.solution.jinja: it was "));
}

#[test]
fn other_questions_and_another_model_are_refused_and_a_moved_one_is_the_same() {
    let mut studio = Studio::new(3, 1);
    studio.write("model/weights", "1");
    let model = |studio: &Studio, name: &str| {
        PluginSpec::named("scripted").with("model", studio.path(name).to_str().unwrap()).with("batch", name.len())
    };
    studio.settings.generator = model(&studio, "model");
    interrupted(&studio);
    std::fs::rename(studio.path("model"), studio.path("moved away")).unwrap();
    studio.settings.generator = model(&studio, "moved away");
    studio.sample("out").unwrap();
    studio.write("moved away/weights", "2");
    assert!(studio.sample("out").unwrap_err().to_string().contains("generator.model.weights: it was "));
    studio.write("moved away/weights", "1");
    studio.write("data/law.jsonl", &questions("law", 4));
    assert!(studio.sample("out").unwrap_err().to_string().contains("data.law: it was "));
    studio.settings.generator = model(&studio, "gone");
    let told = studio.sample("out").unwrap_err().to_string();
    assert!(told.contains("generator \"scripted\"") && told.contains("there is nothing at "), "{told}");
}

#[test]
fn solutions_that_are_kept_may_be_cut_and_read_another_way_and_files_may_not() {
    let mut studio = Studio::new(3, 1);
    interrupted(&studio);
    studio.settings.splitter = PluginSpec::named("between").with("by", ".");
    studio.settings.extractor = PluginSpec::named("bracketed_too");
    let written = studio.sample("out").unwrap();
    assert_eq!(written[0].resumed, 4);
    let whole = studio.files("out");
    assert_eq!(studio.undisturbed(), whole, "all of it is cut one way");
    studio.settings.splitter = PluginSpec::named("between");
    let told = studio.sample("out").unwrap_err().to_string();
    assert!(told.contains("splitter.by: it was \".\", and is nothing now"), "{told}");
}

#[test]
fn a_folder_of_other_files_is_refused_and_rewards_are_not_taken_for_cots() {
    let studio = Studio::new(1, 1);
    studio.write("out/law.json", "[]");
    assert!(studio.sample("out").unwrap_err().to_string().contains("no provenance.json"));
    let told = studio.sample("data").unwrap_err().to_string();
    assert!(told.contains("no provenance.json that says"), "{told}");
}
