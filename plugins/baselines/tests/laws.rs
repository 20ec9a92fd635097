//! The laws that every registered verifier keeps. A new baseline is found here by itself.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use touchstone::{
    Category, Context, Cot, CotId, Error, PluginKind, PluginSpec, Question, QuestionCots, Registry, Step, Verifier,
    laws,
};
use touchstone_baselines as _;

fn verifiers(context: &Context) -> Vec<(String, Box<dyn Verifier>)> {
    let spec = PluginSpec::<dyn Verifier>::named;
    let names = context.registry().plugins().filter(|plugin| plugin.kind == PluginKind::Verifier);
    let mut specs: Vec<_> = names.map(|plugin| spec(plugin.name.as_str())).collect();
    specs.push(spec("length").with("prefer", "longer").with("words", 5));
    specs.push(spec("random").with("seed", 7));
    let open = |spec: &PluginSpec<dyn Verifier>| context.registry().make(spec).unwrap().open(context).unwrap();
    specs.iter().map(|spec| (spec.to_string(), open(spec))).collect()
}

fn context() -> Context {
    Context::new(Registry::builtin())
}

fn cot(id: usize) -> impl Strategy<Value = Cot> {
    let steps = prop::collection::vec("[a-z \n]{0,20}".prop_map(Step::from), 0..5);
    (steps, prop::option::of("[A-C? ]{0,2}")).prop_map(move |(steps, answer)| Cot {
        id: CotId(id as i64),
        steps,
        answer,
    })
}

fn question(id: usize) -> impl Strategy<Value = QuestionCots> {
    let category = prop::sample::select(vec!["law", "math"]);
    let cots = (0..6_usize).prop_flat_map(|count| (0..count).map(cot).collect::<Vec<_>>());
    (category, cots).prop_map(move |(category, cots)| QuestionCots {
        question: Question {
            id: (id as i64).into(),
            category: Category::new(category),
            text: "What is it?".to_owned(),
        },
        cots,
    })
}

#[test]
fn all_three_are_registered_and_say_what_they_are_for() {
    let registry = Registry::builtin();
    for name in ["agreement", "length", "random"] {
        let description = registry.describe(PluginKind::Verifier, name).unwrap();
        assert!(description.text.contains("Assumes") && !description.summary().is_empty(), "{name}");
    }
}

#[test]
fn every_verifier_keeps_the_laws() {
    let context = context();
    for (name, verifier) in verifiers(&context) {
        let report = laws::verifier::check(&*verifier, &context);
        assert!(report.holds(), "{name}:\n{report}");
    }
}

#[test]
fn wrong_settings_are_refused_when_a_recipe_is_checked_and_named() {
    let spec = PluginSpec::<dyn Verifier>::named;
    let nested = |name: &str| serde_json::json!({ "type": name, "cas": "keep" });
    for (spec, words) in [
        (spec("length").with("words", 0), ["\"words\"", "nonzero"]),
        (spec("length").with("prefer", "short"), ["\"prefer\"", "did you mean \"shorter\"?"]),
        (spec("random").with("seed", -1), ["\"seed\"", "-1"]),
        (spec("random").with("sed", 1), ["\"sed\"", "did you mean \"seed\"?"]),
        (spec("agreement").with("answers", "multiple_choise"), ["\"answers\"", "did you mean \"multiple_choice\"?"]),
        (spec("agreement").with("answers", nested("multiple_choice")), ["\"answers\"", "no setting \"cas\""]),
    ] {
        let message = Registry::builtin().check(&spec).unwrap_err().to_string();
        assert!(words.iter().all(|word| message.contains(word)), "{spec}: {message}");
    }
}

#[test]
fn a_cancelled_job_stops() {
    let context = context();
    let verifiers = verifiers(&context);
    context.cancel();
    let question = Question { id: 1.into(), category: Category::new("law"), text: String::new() };
    let work = [QuestionCots { question, cots: Vec::new() }];
    for (name, verifier) in verifiers {
        let outcome = verifier.score_all(&context, &work, &|_, _| {});
        assert!(matches!(outcome, Err(Error::Cancelled)), "{name}");
    }
}

proptest! {
    #[test]
    fn every_cot_has_one_reward_even_an_empty_one(work in question(1)) {
        let context = context();
        for (name, verifier) in verifiers(&context) {
            let rewards = verifier.score_question(&context, &work).unwrap();
            prop_assert_eq!(rewards.len(), work.cots.len(), "{}", name);
            prop_assert!(rewards.iter().all(|rewards| rewards.len() == 1), "{name}");
        }
    }
}
