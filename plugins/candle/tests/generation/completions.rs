//! What a completion is, and what it does not hang on.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Mutex;

use touchstone::generator::{Completion, FinishReason, GenerationRequest, Prompt, Sample, Written};
use touchstone::laws;
use touchstone::laws::Outcome;

use crate::{TokenCount, complete, context, generate, generate_in, open, sampled, tiny, to_the_budget};

const QUESTIONS: [&str; 4] = [
    "Question: What is the capital of France?\nStep 1:",
    "Question: What is the capital of Italy?\nStep 1:",
    "The answer is",
    "Question: A train leaves at noon and travels for three hours.",
];

#[test]
fn all_laws_of_generators_hold() {
    let report = laws::generator::check(open(&tiny()).as_ref(), &context());
    assert!(report.findings.iter().all(|finding| matches!(finding.outcome, Outcome::Held)), "{report}");
}

#[test]
fn a_completion_is_the_same_whatever_else_is_under_way() {
    let request = sampled(5);
    let together = generate(open(&tiny()).as_ref(), &QUESTIONS, &request);
    assert_eq!(together.len(), 4 * 5);
    for (sequences, budget) in [(1, 1), (3, 20), (7, 4096)] {
        let mut settings = tiny();
        settings.max_sequences = NonZeroUsize::new(sequences).unwrap();
        settings.compute.max_batch_tokens = NonZeroUsize::new(budget);
        assert_eq!(generate(open(&settings).as_ref(), &QUESTIONS, &request), together, "{sequences} at a time");
    }
    let generator = open(&tiny());
    for (prompt, text) in QUESTIONS.iter().enumerate() {
        for (sample, completion) in generate(generator.as_ref(), &[text], &request) {
            assert_eq!(completion, together[&Sample { prompt, sample: sample.sample }]);
        }
    }
}

#[test]
fn samples_of_a_prompt_differ_and_another_seed_gives_others() {
    let mut request = sampled(8);
    let generator = open(&tiny());
    let texts = |request: &_| -> Vec<String> {
        generate(generator.as_ref(), &QUESTIONS[..1], request).into_values().map(|completion| completion.text).collect()
    };
    let first = texts(&request);
    let mut distinct = first.clone();
    distinct.sort();
    distinct.dedup();
    assert!(distinct.len() >= 7, "{first:?}");
    assert_eq!(texts(&request), first);
    request.seed = 43;
    assert_ne!(texts(&request), first);
    request.seed = 42;
    // More samples leave the first ones what they were.
    request.samples = 11;
    assert_eq!(texts(&request)[..8], first);
}

#[test]
fn a_prompt_is_read_once_however_many_samples_it_has_and_shared_beginnings_too() {
    let generator = open(&tiny());
    let tokens_read = |texts: &[&str], samples: usize| {
        let count = TokenCount::default();
        let mut request = sampled(samples);
        // The first token follows from the prompt, so a completion of one token needs nothing but the prompt.
        request.max_tokens = 1;
        generate_in(generator.as_ref(), &context().with_progress(count.clone()), texts, &request).unwrap();
        count.read()
    };
    let alone = tokens_read(&QUESTIONS[..1], 1);
    assert!(alone > 10);
    assert_eq!(tokens_read(&QUESTIONS[..1], 30), alone);
    let two = alone + tokens_read(&QUESTIONS[1..2], 1);
    let together = tokens_read(&QUESTIONS[..2], 1);
    assert!(together < two - 8, "{together} of {two}: what both begin with is read once");
}

#[test]
fn what_is_told_while_a_text_is_written_is_its_beginning_and_ends_with_the_whole() {
    let generator = open(&tiny());
    let mut request = sampled(3);
    request.stop = vec![". ".to_owned()];
    let expected = generate(generator.as_ref(), &QUESTIONS[..2], &request);
    let told = Mutex::new(BTreeMap::<Sample, (Vec<String>, Option<Completion>)>::new());
    let prompts = QUESTIONS[..2].iter().map(|text| Prompt { text: (*text).to_owned() }).collect::<Vec<_>>();
    let read_along = |sample, written| {
        let mut told = told.lock().unwrap();
        let (pieces, whole) = told.entry(sample).or_default();
        assert!(whole.is_none(), "nothing follows the whole");
        match written {
            Written::Text(text) => pieces.push(text),
            Written::Whole(completion) => *whole = Some(completion),
        }
    };
    generator.stream(&context(), &prompts, &request, &read_along).unwrap();
    let told = told.into_inner().unwrap();
    assert_eq!(told.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (sample, (pieces, whole)) in told {
        let whole = whole.unwrap();
        assert_eq!(whole, expected[&sample]);
        assert!(pieces.len() > 1 && whole.text.starts_with(&pieces.concat()), "{pieces:?}");
    }
}

#[test]
fn a_stop_text_is_found_across_the_borders_of_tokens_and_ends_the_completion() {
    let generator = open(&tiny());
    let request = to_the_budget(generator.as_ref(), QUESTIONS[0]);
    let whole = complete(generator.as_ref(), QUESTIONS[0], &request);
    // From the middle of one token to the middle of a later one, if they have middles; else from their borders.
    let [first, last] = [whole.tokens[5].offset, whole.tokens[8].offset];
    for (start, end) in [(first + 1, last + 1), (first, last), (first + 1, first + 2)] {
        let stop = whole.text[start..end].to_owned();
        let end = whole.text.find(&stop).unwrap() + stop.len();
        let stops = vec!["never written by anyone".to_owned(), String::new(), stop.clone()];
        let request = GenerationRequest { stop: stops, ..request.clone() };
        let stopped = complete(generator.as_ref(), QUESTIONS[0], &request);
        assert_eq!((stopped.finish, &*stopped.text), (FinishReason::Stop, &whole.text[..end]), "stop {stop:?}");
        assert_eq!(stopped.tokens[..], whole.tokens[..stopped.tokens.len()]);
        assert!(stopped.tokens.last().unwrap().offset < end);
    }
    // Of several, the one that ends first.
    let stops = vec![whole.text[4..9].to_owned(), whole.text[2..5].to_owned()];
    let request = GenerationRequest { stop: stops, ..request };
    let ends = request.stop.iter().map(|stop| whole.text.find(stop).unwrap() + stop.len());
    let end = ends.min().unwrap();
    assert_eq!(complete(generator.as_ref(), QUESTIONS[0], &request).text, whole.text[..end]);
}
