//! Calls that are made at the same time: they share passes, and nothing else.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rayon::prelude::*;
use touchstone::generator::{GenerationRequest, Written};
use touchstone::sampler::{Draw, TokenId};
use touchstone::{PluginSpec, Sampler};
use touchstone_candle::generation::Local;

use crate::{context, generate, generate_in, greedy, open, prompts, sampled, tiny};

/// Fails at the third token.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Fails {}

impl Sampler for Fails {
    fn sample(&self, _logits: &mut [f32], _history: &[TokenId], draw: Draw) -> touchstone::Result<TokenId> {
        if draw.position < 2 { Ok(TokenId(40)) } else { Err(touchstone::Error::plugin("fails", "on request")) }
    }
}

touchstone::register!(Sampler, "fails", Fails);

/// A question for each caller, longer ones for later callers.
fn text(caller: usize) -> String {
    format!("Question {caller}: {}\nStep 1:", "What is it? ".repeat(caller % 5))
}

#[test]
fn callers_at_the_same_time_get_what_each_gets_alone() {
    let generator = open(&Local { max_sequences: 6.try_into().unwrap(), ..tiny() });
    let request = |caller: usize| GenerationRequest { seed: caller as u64 % 3, ..sampled(1 + caller % 4) };
    let alone: Vec<_> = (0..12).map(|caller| generate(&*generator, &[&text(caller), "a"], &request(caller))).collect();
    let together: Vec<_> = thread::scope(|scope| {
        let call = |caller| generate(&*generator, &[&text(caller), "a"], &request(caller));
        let callers: Vec<_> = (0..12).map(|caller| scope.spawn(move || call(caller))).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    assert_eq!(alone, together);
}

#[test]
fn a_small_call_is_not_kept_waiting_by_a_large_one() {
    let generator = open(&Local { max_sequences: 4.try_into().unwrap(), ..tiny() });
    let large: Vec<String> = (0..50).map(text).collect();
    let large: Vec<&str> = large.iter().map(String::as_str).collect();
    let (of_large, before) = (AtomicUsize::new(0), Mutex::new(None));
    thread::scope(|scope| {
        let (generator, of_large, before) = (&*generator, &of_large, &before);
        let small = || {
            generate(generator, &["a b c"], &greedy());
            *before.lock().unwrap() = Some(of_large.load(Ordering::Relaxed));
        };
        let begun = std::sync::Once::new();
        generator
            .generate(&context(), &prompts(&large), &sampled(4), &|_, _| {
                of_large.fetch_add(1, Ordering::Relaxed);
                begun.call_once(|| drop(scope.spawn(small)));
            })
            .unwrap();
    });
    let before = before.into_inner().unwrap().unwrap();
    assert!(before < 150, "{before} of 200 completions came before the small call's only one");
}

#[test]
fn one_that_fails_or_goes_leaves_the_others_as_they_were() {
    let generator = open(&tiny());
    let alone = generate(&*generator, &[&text(3)], &sampled(8));
    for _ in 0..4 {
        thread::scope(|scope| {
            let others: Vec<_> =
                (0..3).map(|_| scope.spawn(|| generate(&*generator, &[&text(3)], &sampled(8)))).collect();
            let fails = GenerationRequest { sampler: PluginSpec::named("fails"), ..sampled(3) };
            let failed = generate_in(&*generator, &context(), &["x"], &fails).unwrap_err();
            assert!(failed.to_string().contains("on request"), "{failed}");
            let stopped = context();
            let gone = generator.generate(&stopped, &prompts(&["x", "y"]), &sampled(40), &|_, _| stopped.cancel());
            assert!(gone.unwrap_err().is_cancelled());
            for other in others {
                assert_eq!(other.join().unwrap(), alone);
            }
        });
    }
}

#[test]
fn a_caller_that_panics_is_no_matter_of_the_others() {
    let generator = open(&tiny());
    let alone = generate(&*generator, &["a"], &sampled(2));
    let caught = thread::scope(|scope| {
        let panics =
            || generator.generate(&context(), &prompts(&["b"]), &sampled(8), &|_, _| panic!("a bug of the caller"));
        scope.spawn(panics).join()
    });
    assert!(caught.is_err());
    assert_eq!(generate(&*generator, &["a"], &sampled(2)), alone);
}

#[test]
fn callers_on_all_threads_of_the_pool_do_not_wait_for_each_other() {
    let generator = open(&tiny());
    let alone = generate(&*generator, &["a b"], &sampled(2));
    let all: Vec<_> = (0..16).into_par_iter().map(|_| generate(&*generator, &["a b"], &sampled(2))).collect();
    assert!(all.into_iter().all(|one| one == alone));
}

#[test]
fn who_reads_along_reads_the_whole_text_whoever_else_is_there() {
    let generator = open(&tiny());
    let whole = generate(&*generator, &[&text(1)], &sampled(3));
    thread::scope(|scope| {
        let other = scope.spawn(|| generate(&*generator, &[&text(2)], &sampled(9)));
        let read = Mutex::new(std::collections::BTreeMap::<_, String>::new());
        let along = generator.stream(&context(), &prompts(&[&text(1)]), &sampled(3), &|sample, written| {
            if let Written::Text(text) = written {
                read.lock().unwrap().entry(sample).or_default().push_str(&text);
            }
        });
        along.unwrap();
        for (sample, text) in read.into_inner().unwrap() {
            assert_eq!(text, whole[&sample].text);
        }
        other.join().unwrap();
    });
}
