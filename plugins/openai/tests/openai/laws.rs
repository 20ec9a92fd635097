//! The laws of generators, of a server that is asked in every way.

use touchstone::laws;
use touchstone::laws::Outcome;
use touchstone_openai::Endpoint;

use super::server::{Behaviour, Form, Server};
use super::{context, remote, settings};

fn check(behaviour: Behaviour, endpoint: Endpoint) -> laws::Report {
    let server = Server::start(behaviour);
    let mut settings = settings(&server);
    settings.endpoint = endpoint;
    laws::generator::check(&remote(&settings), &context())
}

#[test]
fn every_law_holds_of_a_server_that_computes_the_same_twice() {
    for (form, endpoint) in [(Form::Lists, Endpoint::Completions), (Form::Content, Endpoint::Chat)] {
        let report = check(Behaviour { form, ..Behaviour::default() }, endpoint);
        let held = report.findings.iter().all(|finding| matches!(finding.outcome, Outcome::Held));
        assert!(held, "{report}");
    }
}

#[test]
fn every_law_holds_of_a_server_that_cuts_stop_texts_off_and_refuses_what_it_can() {
    let behaviour = Behaviour {
        refuses_many: true,
        most_log_probabilities: Some(5),
        refuses_field: Some("include_stop_str_in_output"),
        cuts_stop: true,
        form: Form::Content,
        ..Behaviour::default()
    };
    let report = check(behaviour, Endpoint::Completions);
    assert!(report.findings.iter().all(|finding| matches!(finding.outcome, Outcome::Held)), "{report}");
}
