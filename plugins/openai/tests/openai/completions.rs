//! What comes of an undisturbed call.

use serde_json::json;
use touchstone::generator::{FinishReason, GenerationRequest, Sample};
use touchstone::{PluginSpec, Sampler};
use touchstone_openai::Endpoint;

use super::server::{Behaviour, Form, Server, Wrong};
use super::{generate, many, prompts, request, settings, texts};

fn greedy(samples: usize) -> GenerationRequest {
    GenerationRequest { sampler: PluginSpec::<dyn Sampler>::named("greedy"), ..request(samples) }
}

#[test]
fn every_sample_of_every_prompt_is_handed_over() {
    let server = Server::start(Behaviour::default());
    let completions = generate(&settings(&server), &many(20), &request(3)).whole();
    let all: Vec<Sample> = (0..20).flat_map(|prompt| (0..3).map(move |sample| Sample { prompt, sample })).collect();
    assert_eq!(completions.keys().copied().collect::<Vec<_>>(), all);
    assert!(completions[&Sample { prompt: 7, sample: 2 }].text.ends_with(" 7 tpmorp"));
    let mut different = texts(&completions);
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), 60, "{different:?}");
    assert_eq!(server.requests().len(), 20);
    let request = &server.requests()[0];
    assert_eq!(request.path, "/v1/completions");
    assert_eq!((&request.body["model"], &request.body["n"]), (&json!("small"), &json!(3)));
}

#[test]
fn neither_order_nor_concurrency_nor_company_changes_a_completion() {
    let server = Server::start(Behaviour::default());
    let whole = generate(&settings(&server), &many(10), &request(2)).whole();
    let mut turned = many(10);
    turned.reverse();
    let mut settings = settings(&server);
    settings.connection.concurrency = std::num::NonZeroUsize::MIN;
    let turned = generate(&settings, &turned, &request(2)).whole();
    for (Sample { prompt, sample }, completion) in &whole {
        assert_eq!(&turned[&Sample { prompt: 9 - prompt, sample: *sample }], completion);
    }
    let alone = generate(&settings, &many(4)[3..], &request(2)).whole();
    assert_eq!(alone[&Sample { prompt: 0, sample: 1 }], whole[&Sample { prompt: 3, sample: 1 }]);
    let other_seed = generate(&settings, &many(1), &GenerationRequest { seed: 43, ..request(2) }).whole();
    assert_ne!(texts(&other_seed)[0], texts(&whole)[0]);
}

#[test]
fn no_more_requests_are_in_flight_than_may_be() {
    let server =
        Server::with_faults(Behaviour::default(), |_, _| Some(Wrong::Slow(std::time::Duration::from_millis(30))));
    let mut settings = settings(&server);
    settings.connection.concurrency = std::num::NonZeroUsize::new(3).unwrap();
    generate(&settings, &many(12), &request(1)).whole();
    assert_eq!(server.most_in_flight(), 3);
}

#[test]
fn nothing_is_asked_where_nothing_is_wanted() {
    let server = Server::start(Behaviour::default());
    assert!(generate(&settings(&server), &[], &request(3)).whole().is_empty());
    assert!(generate(&settings(&server), &many(3), &request(0)).whole().is_empty());
    let empty = generate(&settings(&server), &many(2), &GenerationRequest { max_tokens: 0, ..request(1) }).whole();
    assert_eq!(texts(&empty), ["", ""]);
    assert!(empty.values().all(|completion| completion.finish == FinishReason::Length));
    assert!(server.requests().is_empty());
}

#[test]
fn a_prompt_that_fills_the_context_is_completed_with_nothing_and_the_others_go_on() {
    let says = |message: &str| {
        let body = json!({"error": {"message": message}}).to_string();
        Server::with_faults(Behaviour::default(), move |_, asked| {
            (asked.prompt() == "prompt 2").then(|| Wrong::Status(400, "", body.clone()))
        })
    };
    let server = says("This model's maximum context length is 8 tokens. However, your request has 9 input tokens.");
    let completions = generate(&settings(&server), &many(4), &request(2)).whole();
    assert_eq!(completions.len(), 8);
    for (sample, completion) in completions {
        let is_full = completion.finish == FinishReason::PromptTooLong;
        assert_eq!((is_full, completion.text.is_empty()), (sample.prompt == 2, sample.prompt == 2));
    }
    let server = says(
        "max_tokens is too large: 64. This model's maximum context length is 8 tokens and your request has 3 input tokens",
    );
    let told = generate(&settings(&server), &many(4), &request(2)).told();
    assert!(told.contains("max_tokens is too large"), "{told}");
}

#[test]
fn greedy_completions_are_asked_for_one_by_one() {
    let server = Server::start(Behaviour { refuses_many: true, ..Behaviour::default() });
    let completions = generate(&settings(&server), &prompts(&["abc"]), &greedy(3)).whole();
    assert_eq!(texts(&completions), ["cba"; 3]);
    assert_eq!(server.requests().len(), 3);
    assert!(server.requests().iter().all(|request| request.body.get("n").is_none()));
}

#[test]
fn candidates_are_read_in_both_forms() {
    for form in [Form::Lists, Form::Content] {
        let server = Server::start(Behaviour { form, ..Behaviour::default() });
        let candidates = vec![" Yes".to_owned(), "b".to_owned(), "?".to_owned()];
        let wanted = GenerationRequest { candidates, ..greedy(1) };
        let completions = generate(&settings(&server), &prompts(&["abé"]), &wanted).whole();
        let tokens = &completions[&Sample { prompt: 0, sample: 0 }].tokens;
        assert_eq!(tokens.iter().map(|token| token.offset).collect::<Vec<_>>(), [0, 2, 3]);
        assert_eq!(tokens[1].log_probability, Some(-0.5));
        assert_eq!(tokens[1].candidates, [Some(-1.0), Some(-0.5), None]);
        assert_eq!(server.requests()[0].body["logprobs"], json!(20));
    }
}

#[test]
fn the_stop_text_is_kept_whether_or_not_the_server_keeps_it() {
    for cuts_stop in [false, true] {
        let server = Server::start(Behaviour { cuts_stop, ..Behaviour::default() });
        let stop = vec!["\n".to_owned(), ". ".to_owned()];
        let completions =
            generate(&settings(&server), &prompts(&["ab\ncd", "ab .cd"]), &GenerationRequest { stop, ..greedy(1) })
                .whole();
        assert_eq!(texts(&completions), ["dc\n", "dc. "]);
        for completion in completions.values() {
            assert_eq!(completion.finish, FinishReason::Stop);
            assert_eq!(completion.tokens.len(), completion.text.len(), "the stop text's tokens are told, too");
        }
    }
}

#[test]
fn a_chat_is_asked_with_one_message_and_a_reasoning_parser_loses_nothing() {
    for reasons in [false, true] {
        let server = Server::start(Behaviour { reasons, form: Form::Content, ..Behaviour::default() });
        let mut settings = settings(&server);
        settings.endpoint = Endpoint::Chat;
        let wanted = GenerationRequest { candidates: vec![" Yes".to_owned()], ..greedy(1) };
        let completions = generate(&settings, &prompts(&["abc"]), &wanted).whole();
        assert_eq!(texts(&completions), ["cba"]);
        assert_eq!(completions[&Sample { prompt: 0, sample: 0 }].tokens[2].candidates, [Some(-1.0)]);
        let asked = &server.requests()[0];
        assert_eq!(asked.path, "/v1/chat/completions");
        assert_eq!(asked.body["messages"], json!([{"role": "user", "content": "abc"}]));
        assert_eq!((&asked.body["logprobs"], &asked.body["top_logprobs"]), (&json!(true), &json!(20)));
    }
}
