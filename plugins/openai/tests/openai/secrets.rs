//! The API key and a password in the address appear nowhere.

use touchstone_openai::{Error, Remote};

use super::server::{Behaviour, Server, Wrong};
use super::{generate, many, request, settings};

/// A variable that cargo sets for tests, since a test cannot set one safely. Its value stands for a key.
const VARIABLE: &str = "CARGO_PKG_NAME";
const KEY: &str = "touchstone-openai";

/// A server that shows in an error, of this status, who asked.
fn indiscreet(status: u16) -> Server {
    Server::with_faults(Behaviour::default(), move |_, asked| {
        let who = asked.authorization.clone().unwrap();
        Some(Wrong::Status(status, "", format!("{{\"error\": {{\"message\": \"bad header Authorization: {who}\"}}}}")))
    })
}

#[test]
fn the_key_is_sent_and_a_server_that_echoes_it_gets_it_into_no_message() {
    for status in [400, 401, 503] {
        let server = indiscreet(status);
        let mut settings = settings(&server);
        settings.connection.api_key_variable = VARIABLE.to_owned();
        settings.connection.retries = 1;
        let told = generate(&settings, &many(1), &request(1)).told();
        assert_eq!(server.requests()[0].authorization.as_deref(), Some(&*format!("Bearer {KEY}")));
        assert!(told.contains("bad header Authorization: Bearer [hidden]"), "{told}");
        assert!(!told.contains(KEY), "{told}");
        assert!(!format!("{settings:?}").contains(KEY));
        assert!(!serde_json::to_string(&settings).unwrap().contains(KEY));
    }
}

#[test]
fn a_key_in_what_should_be_an_answer_is_hidden_too() {
    let server =
        Server::with_faults(Behaviour::default(), |_, _| Some(Wrong::Body("{\"token\": \"touchstone-openai\"}")));
    let mut settings = settings(&server);
    settings.connection.api_key_variable = VARIABLE.to_owned();
    settings.connection.retries = 0;
    let told = generate(&settings, &many(1), &request(1)).told();
    assert!(told.contains("[hidden]") && !told.contains(KEY), "{told}");
}

#[test]
fn without_a_variable_no_key_is_sent() {
    for variable in ["", "TOUCHSTONE_NO_SUCH_VARIABLE"] {
        let server = Server::start(Behaviour::default());
        let mut settings = settings(&server);
        settings.connection.api_key_variable = variable.to_owned();
        generate(&settings, &many(1), &request(1)).whole();
        assert_eq!(server.requests()[0].authorization, None);
    }
}

#[test]
fn a_password_in_the_address_is_sent_and_shown_in_no_message() {
    let server = indiscreet(503);
    let mut settings = settings(&server);
    settings.connection.url = format!("http://ada:pass-word@127.0.0.1:{}/v1", server.port());
    settings.connection.retries = 0;
    let told = generate(&settings, &many(1), &request(1)).told();
    // What `ada:pass-word` is in the header.
    const ENCODED: &str = "YWRhOnBhc3Mtd29yZA==";
    assert_eq!(server.requests()[0].authorization.as_deref(), Some(&*format!("Basic {ENCODED}")));
    for secret in ["pass-word", ENCODED, "ada"] {
        assert!(!told.contains(secret), "{told}");
        assert!(!format!("{settings:?}").contains(secret));
    }
    assert!(told.contains(&format!("http://127.0.0.1:{}/v1/completions", server.port())), "{told}");
}

#[test]
fn a_key_that_no_header_can_hold_is_refused_without_being_shown() {
    let server = Server::start(Behaviour::default());
    let mut settings = settings(&server);
    // A sentence, with spaces.
    settings.connection.api_key_variable = "CARGO_PKG_DESCRIPTION".to_owned();
    let Err(error) = Remote::new(&settings) else { panic!("accepted") };
    assert!(matches!(error, Error::Key { .. }));
    assert!(error.to_string().contains("CARGO_PKG_DESCRIPTION") && !error.to_string().contains("OpenAI-compatible"));
}
