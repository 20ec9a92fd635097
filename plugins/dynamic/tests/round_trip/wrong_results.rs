//! A plugin that gives what its kind may not give: refused, with plugin, file, call and place.

use touchstone::generator::{GenerationRequest, Prompt};
use touchstone::sampler::Draw;
use touchstone::{Aggregator, Result, Sampler, StepSplitter};

use crate::program::{context, generator, library, make, question, score_all, verifier};

fn refused<T>(result: Result<T>, call: &str, problem: &str) {
    let message = result.err().unwrap().to_string();
    let place = format!("the plugin \"faulty\" failed: {}, call `{call}`: ", library().display());
    assert!(message.contains(&place) && message.contains(problem), "{problem}: {message}");
}

#[test]
fn a_value_that_is_no_number_is_refused() {
    let aggregator = make::<dyn Aggregator>("faulty{fault=wrong}");
    refused(aggregator.aggregate(&[None, Some(0.5)]), "aggregate", "the value NaN for 2 rewards");
}

#[test]
fn a_token_outside_the_vocabulary_is_refused() {
    let sampler = make::<dyn Sampler>("faulty{fault=wrong}");
    let draw = Draw { seed: 0, sequence: 0, position: 0 };
    refused(sampler.sample(&mut [0.0; 3], &[], draw), "sample", "the token 3 of a vocabulary of 3");
}

#[test]
fn ranges_outside_the_text_inside_a_character_or_twice_are_refused() {
    for (fault, range) in [("too_much", "0..5"), ("wrong", "0..1"), ("twice", "0..1")] {
        let splitter = make::<dyn StepSplitter>(&format!("faulty{{fault={fault}}}"));
        let solution = if fault == "wrong" { "äbc" } else { "abcd" };
        refused(splitter.split(solution), "split", &format!("the step range {range} in a solution of 4 bytes"));
    }
}

#[test]
fn rewards_for_too_few_or_too_many_cots_are_refused() {
    let context = context();
    let hard = question("id 7", "hard", &[&[], &[]]);
    let few = verifier("faulty{fault=too_little}", &context).unwrap();
    let missing = "it gave no rewards to CoT 4 of question id 7";
    refused(few.score_question(&context, &hard), "score_question", missing);
    refused(score_all(&*few, &context, std::slice::from_ref(&hard)), "score_all", missing);
    let many = verifier("faulty{fault=too_much}", &context).unwrap();
    refused(many.score_question(&context, &hard), "score_question", "it gave rewards to CoT 2 of question 0");
}

#[test]
fn completions_too_few_twice_or_not_asked_for_are_refused() {
    let context = context();
    let prompts = [Prompt { text: String::new() }];
    for (fault, samples, problem) in [
        ("too_little", 2, "it gave no completion of prompt 0, sample 1"),
        ("twice", 1, "it gave a second completion of prompt 0, sample 0"),
        ("too_much", 1, "it gave a completion that was not asked for of prompt 1, sample 0"),
    ] {
        let request = GenerationRequest {
            samples,
            max_tokens: 1,
            stop: Vec::new(),
            sampler: "likeliest".parse().unwrap(),
            seed: 0,
            candidates: Vec::new(),
        };
        let generator = generator(&format!("faulty{{fault={fault}}}"), &context).unwrap();
        refused(generator.generate(&context, &prompts, &request, &|_, _| {}), "generate", problem);
    }
}
