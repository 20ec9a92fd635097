//! The laws that every registered verifier keeps. A new baseline is found here by itself.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::sync::Mutex;

use proptest::prelude::*;
use touchstone::{
    Category, Context, Cot, CotId, Error, PluginKind, PluginSpec, Question, QuestionCots, Registry, Rewards, Step,
    Verifier,
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

fn work() -> impl Strategy<Value = Vec<QuestionCots>> {
    (0..5_usize).prop_flat_map(|count| (0..count).map(question).collect::<Vec<_>>())
}

fn score_all(
    verifier: &dyn Verifier,
    context: &Context,
    work: &[QuestionCots],
) -> HashMap<(String, i64), Vec<Rewards>> {
    let scored = Mutex::new(HashMap::<_, Vec<_>>::new());
    let done = |cot: touchstone::verifier::ScoredCot<'_>, rewards| {
        scored.lock().unwrap().entry((cot.question.to_string(), cot.cot.0)).or_default().push(rewards);
    };
    verifier.score_all(context, work, &done).unwrap();
    scored.into_inner().unwrap()
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
    fn every_cot_has_one_reward_even_an_empty_one(work in work()) {
        let context = context();
        for (name, verifier) in verifiers(&context) {
            for unit in &work {
                let rewards = verifier.score_question(&context, unit).unwrap();
                prop_assert_eq!(rewards.len(), unit.cots.len(), "{}", name);
                prop_assert!(rewards.iter().all(|rewards| rewards.len() == 1), "{name}");
            }
        }
    }

    #[test]
    fn score_all_and_score_question_agree_and_each_cot_is_done_once(work in work()) {
        let context = context();
        for (name, verifier) in verifiers(&context) {
            let mut scored = score_all(&*verifier, &context, &work);
            for unit in &work {
                for (cot, rewards) in unit.cots.iter().zip(verifier.score_question(&context, unit).unwrap()) {
                    let all = scored.remove(&(unit.question.id.to_string(), cot.id.0));
                    prop_assert_eq!(all, Some(vec![rewards]), "{}", name);
                }
            }
            prop_assert!(scored.is_empty(), "{name} scored what nobody asked for");
        }
    }

    #[test]
    fn score_and_score_question_agree_within_the_scope(work in work()) {
        let context = context();
        for (name, verifier) in verifiers(&context) {
            for unit in &work {
                let together = verifier.score_question(&context, unit).unwrap();
                for (cot, together) in unit.cots.iter().zip(together) {
                    let alone = verifier.score(&context, &unit.question, cot).unwrap();
                    let lone = QuestionCots { question: unit.question.clone(), cots: vec![cot.clone()] };
                    prop_assert_eq!(&vec![alone.clone()], &verifier.score_question(&context, &lone).unwrap(), "{}", name);
                    if verifier.scope() == touchstone::verifier::Scope::Cot {
                        prop_assert_eq!(alone, together, "{}", name);
                    }
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_cots_means_nothing(work in question(1)) {
        let context = context();
        let mut reversed = work.clone();
        reversed.cots.reverse();
        for (name, verifier) in verifiers(&context) {
            let mut backwards = verifier.score_question(&context, &reversed).unwrap();
            backwards.reverse();
            prop_assert_eq!(verifier.score_question(&context, &work).unwrap(), backwards, "{}", name);
        }
    }
}
