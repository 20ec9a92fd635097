//! Servers that refuse what they are asked for: it is asked for in another way, once.

use serde_json::json;
use touchstone::generator::{GenerationRequest, Sample};

use super::server::{Behaviour, Form, Recorded, Server};
use super::{call, context, generate, many, remote, request, settings, texts};

fn with_candidates() -> GenerationRequest {
    GenerationRequest { candidates: vec![" Yes".to_owned()], ..request(1) }
}

fn numbers(requests: &[Recorded]) -> Vec<u64> {
    requests.iter().map(|request| request.body["logprobs"].as_u64().unwrap_or(0)).collect()
}

#[test]
fn a_server_that_refuses_n_is_asked_for_each_sample_and_n_is_asked_for_once() {
    let server = Server::start(Behaviour { refuses_many: true, ..Behaviour::default() });
    let remote = remote(&settings(&server));
    let first = call(&remote, &context(), &many(1), &request(4)).whole();
    assert_eq!(first.len(), 4);
    let mut seeds: Vec<u64> = server.answered().iter().map(|asked| asked.body["seed"].as_u64().unwrap()).collect();
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 4, "each sample has its own seed");
    let again = call(&remote, &context(), &many(1), &request(4)).whole();
    assert_eq!(again, first);
    let with_n = server.requests().iter().filter(|asked| asked.body.get("n").is_some()).count();
    assert_eq!((with_n, server.requests().len()), (1, 9));
}

#[test]
fn answers_with_fewer_choices_than_asked_lose_and_double_nothing() {
    let one_by_one = Server::start(Behaviour { refuses_many: true, ..Behaviour::default() });
    let wanted = generate(&settings(&one_by_one), &many(6), &request(4)).whole();
    for (most, requests) in [(1, 4), (2, 5), (3, 5)] {
        let server = Server::start(Behaviour { most_choices: Some(most), ..Behaviour::default() });
        let mut settings = settings(&server);
        assert_eq!(generate(&settings, &many(6), &request(4)).whole(), wanted, "{most}");
        settings.connection.concurrency = std::num::NonZeroUsize::MIN;
        let before = server.requests().len();
        generate(&settings, &many(1), &request(4)).whole();
        assert_eq!(server.requests().len() - before, requests, "{most}");
    }
}

#[test]
fn a_server_that_answers_with_fewer_choices_is_asked_for_many_once() {
    for most_choices in [Some(1), Some(2)] {
        let server = Server::start(Behaviour { most_choices, ..Behaviour::default() });
        let remote = remote(&settings(&server));
        for _ in 0..3 {
            call(&remote, &context(), &many(1), &request(4)).whole();
        }
        let with_n = server.requests().iter().filter(|asked| asked.body.get("n").is_some()).count();
        assert_eq!(with_n, 1);
    }
}

#[test]
fn one_prompt_that_is_taken_apart_keeps_every_thread_busy() {
    let slow = |_: usize, _: &Recorded| Some(super::server::Wrong::Slow(std::time::Duration::from_millis(30)));
    let server = Server::with_faults(Behaviour { most_choices: Some(1), ..Behaviour::default() }, slow);
    let completions = generate(&settings(&server), &many(1), &request(9)).whole();
    assert_eq!(completions.len(), 9);
    assert!(server.most_in_flight() > 4, "{}", server.most_in_flight());
}

#[test]
fn a_number_of_log_probabilities_that_is_refused_is_lowered_and_remembered() {
    let server = Server::start(Behaviour { most_log_probabilities: Some(5), ..Behaviour::default() });
    let remote = remote(&settings(&server));
    assert_eq!(remote.log_probabilities(), 20);
    let completions = call(&remote, &context(), &many(1), &with_candidates()).whole();
    assert_eq!(completions[&Sample { prompt: 0, sample: 0 }].tokens[0].candidates, [Some(-1.0)]);
    assert_eq!(numbers(&server.requests()), [20, 10, 5]);
    assert_eq!(remote.log_probabilities(), 5);
    call(&remote, &context(), &many(2), &with_candidates()).whole();
    assert_eq!(numbers(&server.requests()), [20, 10, 5, 5, 5]);
}

#[test]
fn without_candidates_one_log_probability_is_asked_for_and_none_will_do() {
    let server = Server::start(Behaviour { most_log_probabilities: Some(0), ..Behaviour::default() });
    let completions = generate(&settings(&server), &many(1), &request(1)).whole();
    assert!(completions.values().all(|completion| completion.tokens.is_empty() && !completion.text.is_empty()));
    assert_eq!(numbers(&server.requests()), [1, 0]);
}

#[test]
fn candidates_that_no_log_probabilities_are_told_of_are_an_error_that_says_what_was_reduced() {
    let refuses_all = Server::start(Behaviour { most_log_probabilities: Some(0), ..Behaviour::default() });
    let told = generate(&settings(&refuses_all), &many(1), &with_candidates()).told();
    for words in ["no log-probabilities", "[\" Yes\"]", "asked for 0", "refused 20", &refuses_all.url()] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let tells_none = Server::start(Behaviour { form: Form::Nothing, ..Behaviour::default() });
    let told = generate(&settings(&tells_none), &many(1), &with_candidates()).told();
    assert!(told.contains("asked for 20 a position:"), "{told}");
}

#[test]
fn a_field_that_is_refused_by_name_is_left_out_from_then_on() {
    for field in ["include_stop_str_in_output", "return_tokens_as_token_ids"] {
        let server = Server::start(Behaviour { refuses_field: Some(field), ..Behaviour::default() });
        let remote = remote(&settings(&server));
        for _ in 0..2 {
            call(&remote, &context(), &many(1), &request(1)).whole();
        }
        let with: Vec<bool> = server.requests().iter().map(|asked| asked.body.get(field).is_some()).collect();
        assert_eq!(with, [true, false, false], "{field}");
    }
}

#[test]
fn a_sampling_parameter_that_is_refused_is_an_error_since_without_it_others_were_drawn() {
    let server = Server::start(Behaviour { refuses_field: Some("top_p"), ..Behaviour::default() });
    let sampler = touchstone::PluginSpec::named("temperature").with("top_p", 0.5);
    let told = generate(&settings(&server), &many(1), &GenerationRequest { sampler, ..request(1) }).told();
    assert!(told.contains("HTTP 400") && told.contains("top_p"), "{told}");
    assert_eq!(server.requests().len(), 1);
    assert_eq!(server.requests()[0].body["top_p"], json!(0.5));
}

#[test]
fn what_was_found_out_does_not_change_completions() {
    let server = Server::start(Behaviour { refuses_many: true, ..Behaviour::default() });
    let fresh = generate(&settings(&server), &many(8), &request(3)).whole();
    let remote = remote(&settings(&server));
    call(&remote, &context(), &many(1), &request(2)).whole();
    let experienced = call(&remote, &context(), &many(8), &request(3)).whole();
    assert_eq!(texts(&fresh), texts(&experienced));
}
