//! From critiques to rewards.

use serde_json::json;
use touchstone::{PluginSpec, Verifier};

use crate::{context, open, scored, work};

const YES: &str = "So it is. Verification: Is the answer correct (Yes/No)? Yes";
const NO: &str = "It is not. Verification: Is the answer correct (Yes/No)? No";

fn verifier(name: &str, generator: serde_json::Value, verdicts: usize) -> PluginSpec<dyn Verifier> {
    PluginSpec::named(name).with("generator", generator).with("verdicts", verdicts)
}

fn rewards(name: &str, generator: serde_json::Value, verdicts: usize) -> Vec<Option<f64>> {
    let context = context();
    let verifier = open(&verifier(name, generator, verdicts), &context).unwrap();
    let given = scored(&*verifier, &context, &work(2)).unwrap();
    assert_eq!(given.len(), 4);
    assert!(given.iter().all(|(_, _, rewards)| *rewards == given[0].2));
    given[0].2.to_vec()
}

#[test]
fn a_cot_has_one_reward_for_each_critique_in_the_order_of_the_samples() {
    let generator = json!({"type": "scripted", "texts": [YES, "no verdict", NO], "yes": -1.0, "no": -2.0});
    let found = rewards("gorm", generator, 4);
    let share = 1.0 / (1.0 + (-1f64).exp());
    assert_eq!(found, [Some(share), None, Some(share), Some(share)]);
}

#[test]
fn each_model_knows_its_own_verdict_only() {
    let critique = "Step 1: fine. The step is \\boxed{correct} Is the solution correct? Yes";
    let generator = json!({"type": "scripted", "texts": [YES, critique], "yes": -1.0, "no": -1.0});
    assert_eq!(rewards("gorm", generator.clone(), 2), [Some(0.5), None]);
    assert_eq!(rewards("gprm", generator, 2), [None, Some(0.5)]);
}

#[test]
fn what_a_server_does_not_tell_is_certain_of_the_one_it_tells_and_missing_of_neither() {
    let told = |yes, no| rewards("gorm", json!({"type": "scripted", "texts": [YES, NO], "yes": yes, "no": no}), 2);
    assert_eq!(told(Some(-3.0), None), [Some(1.0); 2]);
    assert_eq!(told(None, Some(-3.0)), [Some(0.0); 2]);
    let mixed = json!({"type": "scripted", "texts": [YES], "yes": null, "no": null});
    assert_eq!(rewards("gorm", mixed, 2), [None; 2]);
}

#[test]
fn a_prompt_beyond_the_context_gives_missing_rewards() {
    assert_eq!(rewards("gorm", json!({"type": "scripted", "full": true}), 3), [None; 3]);
}

#[test]
fn after_a_hundred_critiques_without_a_verdict_the_job_stops_and_says_what_it_saw() {
    let context = context();
    let of = |texts: &[&str]| {
        let generator = json!({"type": "scripted", "texts": texts, "yes": -1.0, "no": -1.0});
        open(&verifier("gprm", generator, 3), &context).unwrap()
    };
    let silent = of(&["I would rather talk about the weather."]);
    // Ninety-six are no reason yet, and what they gave is kept.
    assert_eq!(scored(&*silent, &context, &work(16)).unwrap().len(), 32);
    let message = scored(&*silent, &context, &work(16)).unwrap_err().to_string();
    for told in ["gprm", "first 100 critiques", "Is the solution correct? Yes", "the weather", "stop text", "template"]
    {
        assert!(message.contains(told), "{told}: {message}");
    }
    // One verdict is enough to go on.
    let once = of(&["Is the solution correct? No", "hm"]);
    assert_eq!(scored(&*once, &context, &work(60)).unwrap().len(), 120);
}

#[test]
fn a_cancelled_job_is_no_failure_of_the_verifier() {
    let context = context();
    let verifier = open(&verifier("gorm", json!({"type": "scripted", "texts": [YES]}), 1), &context).unwrap();
    context.cancel();
    assert!(scored(&*verifier, &context, &work(1)).unwrap_err().is_cancelled());
}

#[test]
fn settings_are_checked_before_a_model_is_loaded() {
    let context = context();
    let told = |spec: PluginSpec<dyn Verifier>| open(&spec, &context).err().unwrap().to_string();
    let generator = json!({"type": "local", "model": "/no/such/model"});
    let message = told(verifier("gorm", generator.clone(), 1).with("sampler", json!({"type": "gredy"})));
    assert!(message.contains("gredy") && message.contains("greedy"), "{message}");
    let message = told(verifier("gorm", generator.clone(), 0));
    assert!(message.contains("verdicts"), "{message}");
    let message = told(verifier("gorm", generator, 1).with("template", "/no/such/template.jinja"));
    assert!(message.contains("read the template /no/such/template.jinja"), "{message}");
    let message = told(PluginSpec::named("gprm").with("generator", json!({"type": "scripted"})).with("verdict", 1));
    assert!(message.contains("verdicts"), "the nearest name is suggested: {message}");
}
