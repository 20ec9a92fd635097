//! Settings: the paper's by default, wrong ones refused with what is right.

use serde_json::json;
use touchstone::{PluginKind, PluginSpec, Registry, Verifier};
use touchstone_discriminative::{Dprm, MathShepherd, QwenPrm};

use super::material::open;
use super::material::{error_of, model, question, score, spec};

#[test]
fn the_defaults_are_the_published_ones() {
    let dprm: Dprm = serde_json::from_value(json!({ "model": "m" })).unwrap();
    assert_eq!((dprm.0.tag.as_str(), dprm.0.separator.as_str()), (" \n\n\n\n", " \n\n"));
    assert_eq!((dprm.0.candidates.incorrect.as_str(), dprm.0.candidates.correct.as_str()), ("-", "+"));
    let shepherd: MathShepherd = serde_json::from_value(json!({ "model": "m" })).unwrap();
    assert_eq!((shepherd.tag.as_str(), shepherd.separator.as_str()), (" ки", " "));
    assert_eq!(shepherd.step_separator, "\n");
    let qwen: QwenPrm = serde_json::from_value(json!({ "model": "m" })).unwrap();
    assert_eq!(qwen.step_token, "<extra_0>");
    assert_eq!(qwen.system_prompt, r"Please reason step by step, and put your final answer within \boxed{}.");
}

#[test]
fn settings_read_back_as_they_are_written() {
    let settings = json!({ "model": "m", "compute": { "device": "cpu", "weights": "f32" }, "tag": "#", "separator": "\n",
        "candidates": { "incorrect": "no", "correct": "yes" } });
    let dprm: Dprm = serde_json::from_value(settings.clone()).unwrap();
    assert_eq!(serde_json::to_value(dprm).unwrap(), settings);
}

#[test]
fn a_misspelt_setting_is_refused_with_the_right_one() {
    let named = PluginSpec::<dyn Verifier>::named;
    let compute = json!({ "devise": "cpu" });
    for (spec, words) in [
        (named("dorm").with("model", "m").with("tags", "#"), ["\"tags\"", "did you mean \"tag\"?"]),
        (named("dprm").with("model", "m").with("candidate", "#"), ["\"candidate\"", "did you mean \"candidates\"?"]),
        (named("qwen_prm").with("model", "m").with("context_length", 0), ["context_length", "nonzero"]),
        (named("math_shepherd").with("model", "m").with("compute", compute), ["compute", "devise"]),
        (named("dprm"), ["model", "missing"]),
    ] {
        let message = Registry::builtin().check(&spec).unwrap_err().to_string();
        assert!(words.iter().all(|word| message.contains(word)), "{spec}: {message}");
    }
}

#[test]
fn locations_are_marked_as_such_so_that_recipes_resolve_them() {
    for name in ["dorm", "dprm", "math_shepherd", "qwen_prm"] {
        let schema = Registry::builtin().describe(PluginKind::Verifier, name).unwrap().schema.clone();
        for field in ["model", "adapter"] {
            let text = schema["properties"][field].to_string();
            assert!(text.contains("path-or-hub"), "{name}: {text}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_refused_when_the_model_is_opened() {
    let dprm = || spec("dprm", &model("llama-tied-short"));
    let candidates = json!({ "incorrect": "a+", "correct": "b+" });
    for (spec, words) in [
        (dprm().with("tag", ""), ["the tag \"\"", "no token"]),
        (dprm().with("candidates", json!({ "correct": "" })), ["the candidate \"\"", "no token"]),
        (dprm().with("candidates", candidates), ["\"a+\" and \"b+\"", "the same token"]),
        (dprm().with("context_length", 193), ["context_length is 193", "192 tokens"]),
        (spec("math_shepherd", &model("llama")).with("tag", ""), ["the tag \"\"", "no token"]),
        (spec("qwen_prm", &model("qwen2")), ["0 classes", "one of 2"]),
    ] {
        let message = error_of(&spec);
        assert!(words.iter().all(|word| message.contains(word)), "{spec}: {message}");
        assert!(message.contains(spec.name()), "{spec}: {message}");
    }
}

#[test]
fn other_candidates_and_tags_give_other_rewards() {
    let work = [question("a", "What is 6 * 7?", &[&["6 * 7 = 42.", "So 42."]])];
    let rewards = |spec: PluginSpec<dyn Verifier>| score(&*open(&spec), &work)[0][0].to_vec();
    let dprm = || spec("dprm", &model("llama"));
    let usual = rewards(dprm());
    let swapped = rewards(dprm().with("candidates", json!({ "incorrect": "+", "correct": "-" })));
    for (usual, swapped) in usual.iter().zip(swapped) {
        assert!((usual.unwrap() + swapped.unwrap() - 1.0).abs() < 1e-12);
    }
    assert_ne!(usual, rewards(dprm().with("tag", "\n")));
    assert_ne!(usual, rewards(dprm().with("separator", "\n")));
}
