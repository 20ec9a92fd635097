//! Calls that end before everything is done.

use std::time::{Duration, Instant};

use touchstone::Error;

use super::server::{Behaviour, Server, Wrong};
use super::{call, context, generate, many, remote, request, settings};

const PROMPT: Duration = Duration::from_secs(3);

fn silent() -> Server {
    Server::with_faults(Behaviour::default(), |_, _| Some(Wrong::Silent))
}

#[test]
fn a_call_that_is_cancelled_before_it_begins_asks_nothing() {
    let server = Server::start(Behaviour::default());
    let context = context();
    context.cancel();
    let outcome = call(&remote(&settings(&server)), &context, &many(3), &request(1));
    assert!(matches!(outcome.result, Err(Error::Cancelled)));
    assert!(outcome.completions.is_empty() && server.requests().is_empty());
}

#[test]
fn a_call_that_is_cancelled_does_not_wait_for_a_silent_server() {
    let server = silent();
    let mut settings = settings(&server);
    settings.connection.concurrency = std::num::NonZeroUsize::new(2).unwrap();
    settings.connection.timeout_seconds = 600.0;
    let context = context();
    let begin = Instant::now();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            while server.requests().len() < 2 {
                std::thread::sleep(Duration::from_millis(5));
            }
            context.cancel();
        });
        call(&remote(&settings), &context, &many(10), &request(1))
    });
    assert!(matches!(outcome.result, Err(Error::Cancelled)));
    assert!(begin.elapsed() < PROMPT, "{:?}", begin.elapsed());
    assert_eq!(server.requests().len(), 2, "no request was begun after that");
}

#[test]
fn a_call_that_is_cancelled_does_not_wait_for_the_next_attempt() {
    let server = Server::with_faults(Behaviour::default(), |_, _| {
        Some(Wrong::Status(503, "retry-after: 50\r\n", String::new()))
    });
    let context = context();
    let begin = Instant::now();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            while server.requests().is_empty() {
                std::thread::sleep(Duration::from_millis(5));
            }
            context.cancel();
        });
        call(&remote(&settings(&server)), &context, &many(1), &request(1))
    });
    assert!(matches!(outcome.result, Err(Error::Cancelled)));
    assert!(begin.elapsed() < PROMPT, "{:?}", begin.elapsed());
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_call_that_is_cancelled_in_the_middle_keeps_what_it_handed_over() {
    let server = Server::with_faults(Behaviour::default(), |number, _| (number >= 20).then_some(Wrong::Silent));
    let context = context();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            while server.requests().len() < 21 {
                std::thread::sleep(Duration::from_millis(5));
            }
            std::thread::sleep(Duration::from_millis(100));
            context.cancel();
        });
        call(&remote(&settings(&server)), &context, &many(100), &request(1))
    });
    assert!(matches!(outcome.result, Err(Error::Cancelled)));
    assert_eq!(outcome.completions.len(), 20);
}

#[test]
fn a_call_ends_when_its_time_is_used_up() {
    for server in [silent(), Server::with_faults(Behaviour::default(), |_, _| Some(Wrong::Dropped))] {
        let mut settings = settings(&server);
        settings.connection.timeout_seconds = 600.0;
        settings.connection.retries = u32::MAX;
        settings.connection.total_timeout_seconds = Some(0.3);
        let begin = Instant::now();
        let told = generate(&settings, &many(3), &request(1)).told();
        assert!(told.contains("within 0.3 seconds (total_timeout_seconds)"), "{told}");
        assert!(told.contains(&server.url()), "{told}");
        assert!(begin.elapsed() >= Duration::from_millis(300) && begin.elapsed() < PROMPT, "{:?}", begin.elapsed());
    }
}

#[test]
fn a_panic_of_the_caller_reaches_the_caller_and_stops_the_others() {
    let server = Server::start(Behaviour::default());
    let remote = remote(&settings(&server));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = touchstone::Generator::generate(&remote, &context(), &many(50), &request(1), &|sample, _| {
            assert_ne!(sample.prompt, 5, "the caller's own fault");
        });
    }));
    assert!(panicked.is_err());
}
