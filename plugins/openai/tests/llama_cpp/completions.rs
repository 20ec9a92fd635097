//! Completions: stop texts, seeds, many at once, log-probabilities.

use touchstone::generator::{FinishReason, GenerationRequest};

use super::{complete, drawn, golden, greedy, server, settings};

const PROMPT: &str = "The capital of France is";

#[test]
fn greedy_completions_are_those_of_an_independent_implementation() {
    let Some(url) = server::url() else { return };
    let golden = golden();
    for case in golden["texts"].as_array().unwrap() {
        let ids = case["greedy_ids"].as_array().unwrap();
        let written = complete(&settings(&url), &[case["prompt"].as_str().unwrap()], &greedy(ids.len()));
        // The server shows no control tokens.
        let wanted = case["greedy_text"].as_str().unwrap().trim_end_matches("<|im_end|>");
        assert_eq!(written[0].text, wanted);
    }
}

#[test]
fn a_stop_text_ends_a_completion_and_is_kept() {
    let Some(url) = server::url() else { return };
    for stop in ["aris", " Paris", "."] {
        let request = GenerationRequest { stop: vec![stop.to_owned(), "never written".to_owned()], ..greedy(16) };
        let whole = &complete(&settings(&url), &[PROMPT], &greedy(16))[0];
        let stopped =
            &complete(&settings(&url), &[PROMPT], &GenerationRequest { stop: vec![stop.to_owned()], ..request })[0];
        let end = whole.text.find(stop).unwrap() + stop.len();
        assert_eq!((&*stopped.text, stopped.finish), (&whole.text[..end], FinishReason::Stop), "{stop}");
    }
}

#[test]
fn a_budget_that_is_used_up_is_told_and_so_is_the_end_of_a_turn() {
    let Some(url) = server::url() else { return };
    let cut = &complete(&settings(&url), &[PROMPT], &greedy(3))[0];
    assert_eq!((cut.finish, cut.tokens.len()), (FinishReason::Length, 3));
    let prompt = "<|im_start|>user\nSay hi.<|im_end|>\n<|im_start|>assistant\n";
    let ended = &complete(&settings(&url), &[prompt], &greedy(200))[0];
    assert_eq!(ended.finish, FinishReason::EndOfText, "{}", ended.text);
}

#[test]
fn samples_differ_and_come_again_with_their_seed() {
    let Some(url) = server::url() else { return };
    let texts = |request: &GenerationRequest| -> Vec<String> {
        complete(&settings(&url), &[PROMPT], request).into_iter().map(|completion| completion.text).collect()
    };
    let first = texts(&drawn(4, 12));
    let mut different = first.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 4, "{first:?}");
    // Each alone: what the server computed before may not decide what it draws.
    assert_eq!(texts(&drawn(1, 12))[0], texts(&drawn(1, 12))[0]);
    assert_ne!(texts(&GenerationRequest { seed: 43, ..drawn(1, 12) }), texts(&drawn(1, 12)));
}

#[test]
fn tokens_are_placed_and_candidates_are_read_untempered() {
    let Some(url) = server::url() else { return };
    let candidates = vec![" Paris".to_owned(), " London".to_owned(), "no such token".to_owned()];
    let read = |request: GenerationRequest| {
        complete(&settings(&url), &[PROMPT], &GenerationRequest { candidates: candidates.clone(), ..request }).remove(0)
    };
    let greedy = read(greedy(4));
    let pieces: Vec<&str> = greedy.tokens.iter().map(|token| &greedy.text[token.offset..]).collect();
    assert_eq!(pieces[0], greedy.text);
    assert!(pieces.windows(2).all(|pair| pair[0].len() > pair[1].len()), "{pieces:?}");
    let [paris, london, none] = &greedy.tokens[0].candidates[..] else { panic!("{:?}", greedy.tokens[0]) };
    assert!(paris.unwrap() > london.unwrap() && none.is_none());
    assert_eq!(greedy.tokens[0].log_probability, *paris);
    // Drawn at another temperature, the same numbers are told.
    let sampler = touchstone::PluginSpec::named("temperature").with("temperature", 0.25).with("top_k", 3);
    let drawn = read(GenerationRequest { sampler, ..drawn(1, 4) });
    for (told, wanted) in drawn.tokens[0].candidates.iter().zip(&greedy.tokens[0].candidates) {
        assert_eq!(told.is_some(), wanted.is_some());
        assert!(told.iter().zip(wanted).all(|(told, wanted)| (told - wanted).abs() < 1e-3), "{told:?} {wanted:?}");
    }
}

#[test]
fn a_prompt_that_fills_the_context_is_completed_with_nothing() {
    let Some(url) = server::url() else { return };
    let long = "many words ".repeat(2000);
    let completions = complete(&settings(&url), &[&long, PROMPT], &greedy(2));
    assert_eq!(completions[0].finish, FinishReason::PromptTooLong);
    assert_eq!(completions[1].finish, FinishReason::Length);
}
