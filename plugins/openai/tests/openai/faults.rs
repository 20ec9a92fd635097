//! Failures that may pass, and failures that do not.

use std::time::{Duration, Instant};

use serde_json::json;
use touchstone::generator::Sample;

use super::server::{Behaviour, Recorded, Server, Wrong};
use super::{generate, many, request, settings};

/// A server that does this to the first request.
fn first(wrong: Wrong) -> Server {
    Server::with_faults(Behaviour::default(), move |number, _| (number == 0).then(|| wrong.clone()))
}

fn always(wrong: Wrong) -> Server {
    Server::with_faults(Behaviour::default(), move |_, _| Some(wrong.clone()))
}

fn status(status: u16) -> Wrong {
    Wrong::Status(status, "", json!({"error": {"message": "the server's words"}}).to_string())
}

#[test]
fn every_fault_that_may_pass_is_tried_again() {
    let undisturbed = generate(&settings(&Server::start(Behaviour::default())), &many(1), &request(2)).whole();
    let faults = [
        status(408),
        status(429),
        status(500),
        status(502),
        status(503),
        Wrong::Status(503, "", String::new()),
        Wrong::Status(503, "retry-after: Wed, 21 Oct 2037 07:28:00 GMT\r\n", String::new()),
        Wrong::Status(503, "retry-after: 0\r\n", String::new()),
        Wrong::Truncated(0),
        Wrong::Truncated(40),
        Wrong::CutOff(0),
        Wrong::CutOff(40),
        Wrong::Body("<html>warming up</html>"),
        Wrong::Body("{\"choices\": [NaN]}"),
        Wrong::Body("{\"error\": \"warming up\"}"),
        Wrong::Body("{\"choices\": []}"),
        Wrong::Body("{\"choices\": [{}, {}]}"),
        Wrong::Body("[]"),
        Wrong::Raw("no HTTP at all\r\n\r\n"),
        Wrong::Dropped,
    ];
    for (place, fault) in faults.into_iter().enumerate() {
        let server = first(fault);
        assert_eq!(generate(&settings(&server), &many(1), &request(2)).whole(), undisturbed, "{place}");
        assert_eq!(server.requests().len(), 2, "{place}");
        assert_eq!(server.requests()[0].body, server.requests()[1].body, "{place}");
    }
}

#[test]
fn a_request_that_takes_too_long_is_tried_again() {
    let server = first(Wrong::Silent);
    let mut settings = settings(&server);
    settings.connection.timeout_seconds = 0.2;
    generate(&settings, &many(1), &request(1)).whole();
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn what_would_be_refused_again_is_not_tried_again() {
    for (code, advice) in [
        (400, "context"),
        (401, "api_key_variable"),
        (403, "api_key_variable"),
        (404, "serves the model \"small\""),
        (413, "context"),
        (422, "context"),
    ] {
        let server = always(status(code));
        let told = generate(&settings(&server), &many(1), &request(1)).told();
        for words in
            [&format!("{}/completions", server.url()), &format!("HTTP {code}"), "the server's words", "once", advice]
        {
            assert!(told.contains(words), "{words}: {told}");
        }
        assert_eq!(server.requests().len(), 1, "{code}");
    }
    for code in [301, 302, 307, 308] {
        let server = always(Wrong::Status(code, "location: http://127.0.0.1:1/v1\r\n", String::new()));
        let told = generate(&settings(&server), &many(1), &request(1)).told();
        assert!(told.contains(&format!("HTTP {code}")) && told.contains("where it leads"), "{told}");
        assert_eq!(server.requests().len(), 1, "{code}");
    }
}

#[test]
fn the_last_failure_is_told_with_the_number_of_attempts() {
    let server = always(Wrong::Status(503, "", "busy ".repeat(200)));
    let mut settings = settings(&server);
    settings.connection.retries = 2;
    let told = generate(&settings, &many(1), &request(1)).told();
    for words in [&server.url(), "3 times", "HTTP 503: busy busy", "…", "retries"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(told.matches("busy").count() <= 60, "{told}");
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_server_that_is_not_there_is_told_as_such() {
    let port = Server::start(Behaviour::default()).port();
    let there = Server::start(Behaviour::default());
    let mut settings = settings(&there);
    settings.connection.url = format!("http://127.0.0.1:{port}/v1");
    settings.connection.retries = 1;
    let told = generate(&settings, &many(1), &request(1)).told();
    assert!(told.contains(&settings.connection.url) && told.contains("2 times") && told.contains("refused"), "{told}");
}

#[test]
fn the_server_says_how_long_to_wait() {
    let server = first(Wrong::Status(429, "Retry-After: 1\r\n", String::new()));
    let begin = Instant::now();
    generate(&settings(&server), &many(1), &request(1)).whole();
    assert!((1.0..5.0).contains(&begin.elapsed().as_secs_f64()), "{:?}", begin.elapsed());
}

#[test]
fn a_reason_to_finish_that_is_unknown_is_an_error_that_names_it() {
    for (reason, told_as) in [(json!("content_filter"), "\"content_filter\""), (json!(null), "null")] {
        let server = Server::start(Behaviour { finish_reason: Some(reason), ..Behaviour::default() });
        let told = generate(&settings(&server), &many(1), &request(1)).told();
        assert!(told.contains(&format!("finish_reason {told_as}")), "{told}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn one_prompt_that_fails_ends_the_call_and_what_was_handed_over_stays() {
    let refused = |_: usize, asked: &Recorded| (asked.prompt() == "prompt 30").then(|| status(400));
    let server = Server::with_faults(Behaviour::default(), refused);
    let mut settings = settings(&server);
    settings.connection.concurrency = std::num::NonZeroUsize::new(4).unwrap();
    let outcome = generate(&settings, &many(200), &request(1));
    let undisturbed = generate(&settings, &many(30), &request(1)).whole();
    assert!(outcome.completions.len() >= 27 && outcome.completions.len() < 60, "{}", outcome.completions.len());
    for prompt in 0..27 {
        let sample = Sample { prompt, sample: 0 };
        assert_eq!(outcome.completions.get(&sample), undisturbed.get(&sample));
    }
    assert!(outcome.told().contains("the server's words"));
}

#[test]
fn one_prompt_that_fails_ends_the_call_though_the_server_is_silent_on_another() {
    let server = Server::with_faults(Behaviour::default(), |_, asked| match asked.prompt() {
        "prompt 0" => Some(Wrong::Silent),
        _ => Some(status(400)),
    });
    let begin = Instant::now();
    let told = generate(&settings(&server), &many(2), &request(1)).told();
    assert!(told.contains("the server's words"), "{told}");
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[test]
fn more_choices_than_were_asked_for_are_an_error() {
    let body = r#"{"choices": [{"text": "a", "finish_reason": "stop"}, {"text": "b", "finish_reason": "stop"}]}"#;
    let server = always(Wrong::Body(body));
    let outcome = generate(&settings(&server), &many(1), &request(1));
    assert!(outcome.completions.is_empty());
    let told = outcome.told();
    assert!(told.contains("gave 2 completions where 1 were asked for"), "{told}");
}

#[test]
fn a_run_under_random_faults_equals_an_undisturbed_one() {
    let undisturbed = generate(&settings(&Server::start(Behaviour::default())), &many(60), &request(3)).whole();
    for seed in 0..4_u64 {
        let server = Server::with_faults(Behaviour::default(), move |number, _| random_fault(seed, number as u64));
        let mut settings = settings(&server);
        settings.connection.retries = 30;
        assert_eq!(generate(&settings, &many(60), &request(3)).whole(), undisturbed, "{seed}");
        assert!(server.requests().len() > 75, "{}", server.requests().len());
        let mut answered: Vec<String> = server.answered().iter().map(|asked| asked.prompt().to_owned()).collect();
        answered.sort_unstable();
        answered.dedup();
        assert_eq!((server.answered().len(), answered.len()), (60, 60), "every request is answered exactly once");
    }
}

/// A fault for about two requests in five.
fn random_fault(seed: u64, number: u64) -> Option<Wrong> {
    let mut mixed = (seed << 32 | number).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    match (mixed ^ (mixed >> 27)) % 20 {
        0 => Some(status(500)),
        1 => Some(Wrong::Status(429, "retry-after: 0\r\n", String::new())),
        2 => Some(Wrong::Truncated(100)),
        3 => Some(Wrong::CutOff(100)),
        4 => Some(Wrong::Body("{\"error\": \"busy\"}")),
        5 => Some(Wrong::Dropped),
        6 => Some(Wrong::Raw("HTTP/1.1 2")),
        7 => Some(Wrong::Slow(Duration::from_millis(10))),
        _ => None,
    }
}
