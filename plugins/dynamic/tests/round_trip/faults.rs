//! A plugin that panics or fails: an error that names plugin, file and call, whatever the call and the kind of panic.

use touchstone::generator::{GenerationRequest, Prompt};
use touchstone::sampler::Draw;
use touchstone::{
    Aggregator, AnswerEquivalence, AnswerExtractor, Context, Error, PluginSpec, Result, Sampler, StepSplitter, Verifier,
};

use crate::program::{context, generator, library, make, question, registry, score_all, verifier, work};

/// The error's message, which must name the plugin, the file and the call, once.
fn told<T>(result: Result<T>, call: &str) -> String {
    let message = result.err().unwrap().to_string();
    let library = library().display();
    let named = format!("the plugin \"faulty\" failed: {library}, call `{call}`: ");
    assert_eq!(message.matches(&named).count(), 1, "{message}");
    message
}

/// Every call of a kind that takes settings of the form `faulty{fault=…}`.
fn calls(fault: &str, context: &Context) -> Vec<String> {
    let spec = format!("faulty{{fault={fault}}}");
    let draw = Draw { seed: 0, sequence: 0, position: 0 };
    let answers = make::<dyn AnswerEquivalence>(&spec);
    let hard = question("id 7", "hard", &[&[]]);
    let verifier = verifier(&spec, context).unwrap();
    vec![
        told(make::<dyn Aggregator>(&spec).aggregate(&[]), "aggregate"),
        told(make::<dyn StepSplitter>(&spec).split("text"), "split"),
        told(make::<dyn Sampler>(&spec).sample(&mut [0.0], &[], draw), "sample"),
        told(answers.key(None), "key"),
        told(answers.gold("text"), "gold"),
        told(make::<dyn AnswerExtractor>(&spec).extract("text"), "extract"),
        told(generate(&spec, context), "generate"),
        told(verifier.score_question(context, &hard), "score_question"),
        told(score_all(&*verifier, context, &[hard]), "score_all"),
    ]
}

fn generate(spec: &str, context: &Context) -> Result<()> {
    let request = GenerationRequest {
        samples: 1,
        max_tokens: 1,
        stop: Vec::new(),
        sampler: "likeliest".parse().unwrap(),
        seed: 0,
        candidates: Vec::new(),
    };
    let prompts = [Prompt { text: String::new() }];
    generator(spec, context)?.generate(context, &prompts, &request, &|_, _| {})
}

#[test]
fn a_panic_in_any_call_is_an_error_with_its_message() {
    for message in calls("panic", &context()) {
        assert!(message.ends_with("it panicked: there are 3 legs, not two; report this to its author"), "{message}");
    }
}

#[test]
fn a_panic_without_a_message_is_an_error_too() {
    for message in calls("panic_with_number", &context()) {
        assert!(message.contains("it panicked: it gave no message"), "{message}");
    }
}

#[test]
fn a_panic_whose_value_panics_when_it_is_dropped_is_an_error_too() {
    for message in calls("panic_twice", &context()) {
        assert!(message.contains("it panicked: it gave no message"), "{message}");
    }
}

#[test]
fn a_panic_of_a_thread_that_the_plugin_waits_for_is_an_error_too() {
    for message in calls("panic_in_thread", &context()) {
        assert!(message.contains("it panicked: deep below"), "{message}");
    }
}

#[test]
fn an_error_in_any_call_comes_over_without_naming_the_plugin_twice() {
    for message in calls("error", &context()) {
        assert!(message.ends_with(": no legs at all") && message.matches("faulty").count() == 1, "{message}");
    }
}

#[test]
fn an_error_of_another_plugin_keeps_its_name() {
    for message in calls("error_of_another", &context()) {
        assert!(message.ends_with(": the plugin \"another\" failed: no legs at all"), "{message}");
    }
}

#[test]
fn what_goes_wrong_in_a_batch_names_the_question() {
    for fault in ["panic", "error"] {
        let context = context();
        let verifier = verifier(&format!("faulty{{fault={fault}}}"), &context).unwrap();
        let message = told(score_all(&*verifier, &context, &work()), "score_all");
        assert!(message.contains("call `score_all`: question third: "), "{message}");
    }
}

#[test]
fn a_panic_before_the_first_question_of_a_batch_is_an_error_of_the_batch() {
    let context = context();
    let verifier = verifier("faulty{batch=panic}", &context).unwrap();
    let message = told(score_all(&*verifier, &context, &work()), "score_all");
    assert!(message.contains("call `score_all`: it panicked: there are 3 legs"), "{message}");
    verifier.score_question(&context, &work()[0]).unwrap();
}

#[test]
fn a_panic_or_an_error_in_opening_is_an_error() {
    let context = context();
    for (fault, part) in [("panic", "it panicked: there are 3 legs"), ("error", "no legs at all")] {
        let spec = format!("faulty{{at_first={fault}}}");
        for message in [told(verifier(&spec, &context), "open"), told(generator(&spec, &context), "open")] {
            assert!(message.contains(part), "{message}");
        }
    }
}

#[test]
fn a_panic_of_the_scope_is_an_error_of_opening_the_verifier() {
    let message = told(verifier("faulty{scope=panic}", &context()), "scope");
    assert!(message.contains("it returned the scope 4294967295, which is none of 0"), "{message}");
}

#[test]
fn a_panic_while_settings_are_read_is_an_error_of_the_settings() {
    let spec = PluginSpec::<dyn Aggregator>::named("faulty").with("unreadable", "text");
    let message = registry().check(&spec).unwrap_err().to_string();
    assert!(message.contains("call `check`: it panicked: nobody can read this"), "{message}");
}

#[test]
fn a_panic_while_it_is_closed_hurts_nobody() {
    let context = context();
    for fault in ["panic", "panic_with_number", "panic_twice"] {
        let one = verifier(&format!("faulty{{at_the_end={fault}}}"), &context).unwrap();
        let other = verifier("faulty", &context).unwrap();
        drop(one);
        other.score_question(&context, &work()[0]).unwrap();
    }
}

#[test]
fn eight_threads_that_panic_at_once_get_an_error_each() {
    let context = context();
    let verifier = verifier("faulty{fault=panic}", &context).unwrap();
    let (hard, easy) = (question("a", "hard", &[&[]]), question("b", "easy", &[&[]]));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                told(verifier.score_question(&context, &hard), "score_question");
                verifier.score_question(&context, &easy).unwrap();
            });
        }
    });
}

#[test]
fn settings_that_do_not_fit_are_refused_with_the_field() {
    let check = |spec: &str| registry().check(&spec.parse::<PluginSpec<dyn Verifier>>().unwrap());
    let message = check("equations{otherwise=2}").unwrap_err().to_string();
    assert!(message.contains("\"equations\"") && message.contains("\"otherwise\""), "{message}");
    let message = check("equations{otherwisse=0}").unwrap_err().to_string();
    assert!(message.contains("has no setting \"otherwisse\""), "{message}");
    assert!(matches!(verifier("equations{otherwise=2}", &context()), Err(Error::Settings(_))));
}
