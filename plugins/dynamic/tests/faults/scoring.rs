//! Verifiers that break a rule in a call, and those that keep the rules in an unusual way.

use std::collections::BTreeMap;
use std::sync::Mutex;

use touchstone::verifier::Scope;
use touchstone::{Category, Context, Cot, CotId, Question, QuestionCots, Registry, Result, Rewards, Verifier};

use super::compile::{Library, fixture};

/// A question with two CoTs of two steps.
fn question(id: i64) -> QuestionCots {
    let cot = |id| Cot { id: CotId(id), steps: vec!["one".into(), "two".into()], answer: None };
    let question = Question { id: id.into(), category: Category::new("law"), text: "Why?".to_owned() };
    QuestionCots { question, cots: vec![cot(10), cot(11)] }
}

fn context() -> Context {
    Context::new(Registry::builtin())
}

fn verifier(body: &str) -> Library {
    fixture("verifier.c").with("DO", &format!("{body} return TOUCHSTONE_DONE")).build()
}

fn verifier_of_all(body: &str) -> Library {
    let fixture = fixture("verifier.c").with("DO", "return TOUCHSTONE_FAILED");
    fixture.with("ALL", &format!("{body} return TOUCHSTONE_DONE")).build()
}

/// What is wrong with what `score_question` does, after the question, the plugin, the file and the call.
fn fault(body: &str) -> String {
    let library = verifier(body);
    let message = library.says(library.verifier().score_question(&context(), &question(17)));
    let start = "question 17: the plugin \"fixture\" failed: LIB, call `score_question`: ";
    message.strip_prefix(start).unwrap_or_else(|| panic!("{message}")).to_owned()
}

/// The rewards of all CoTs by question and CoT.
type Scored = BTreeMap<(String, i64), Rewards>;

fn score_all(library: &Library, questions: &[QuestionCots]) -> (Scored, Result<()>) {
    let scored = Mutex::new(BTreeMap::new());
    let outcome = library.verifier().score_all(&context(), questions, &|cot, rewards| {
        scored.lock().unwrap().insert((cot.question.to_string(), cot.cot.0), rewards);
    });
    (scored.into_inner().unwrap(), outcome)
}

/// The same for what `score_all` does with questions 17 and 18, with what was scored nonetheless.
fn fault_of_all(body: &str) -> (String, Scored) {
    let library = verifier_of_all(body);
    let (scored, outcome) = score_all(&library, &[question(17), question(18)]);
    let message = library.says(outcome);
    let start = "the plugin \"fixture\" failed: LIB, call `score_all`: ";
    (message.strip_prefix(start).unwrap_or_else(|| panic!("{message}")).to_owned(), scored)
}

fn rewards(values: &[f64]) -> Rewards {
    Rewards::new(values.iter().copied().map(Some).collect()).unwrap()
}

#[test]
fn rewards_must_be_probabilities() {
    for (value, shown) in [("1.5", "1.5"), ("-0.1", "-0.1"), ("INFINITY", "inf"), ("-INFINITY", "-inf")] {
        assert_eq!(
            fault(&format!("GIVE(0, 0, 0.5, {value}); GIVE(0, 1, 0.5);")),
            format!(
                "CoT 10 of question 17: {shown} at place 1 is no probability: rewards lie between 0 and 1 (put raw scores \
                 through a sigmoid first)"
            )
        );
    }
}

#[test]
fn nan_is_a_missing_reward() {
    let library = verifier("GIVE(0, 0, 0.5, NAN); GIVE(0, 1, 1.0, 0.0);");
    let scored = library.verifier().score_question(&context(), &question(17)).unwrap();
    assert_eq!(scored, [Rewards::new(vec![Some(0.5), None]).unwrap(), rewards(&[1.0, 0.0])]);
}

#[test]
fn every_cot_gets_its_rewards_once() {
    assert_eq!(fault("GIVE(0, 1, 0.5);"), "it gave no rewards to CoT 10 of question 17");
    assert_eq!(fault(""), "it gave no rewards to CoT 10 of question 17");
    assert_eq!(
        fault("GIVE(0, 0, 0.5); GIVE(0, 1, 0.5); GIVE(0, 1, 0.5);"),
        "it gave rewards to CoT 11 of question 17 twice"
    );
}

#[test]
fn a_place_must_be_one_of_the_work() {
    assert_eq!(
        fault("GIVE(0, 2, 0.5);"),
        "it gave rewards to CoT 2 of question 0 (places from 0), and there are 1 questions here, with 2 CoTs in that place"
    );
    assert_eq!(
        fault("GIVE(1, 0, 0.5);"),
        "it gave rewards to CoT 0 of question 1 (places from 0), and there are 1 questions here, with 0 CoTs in that place"
    );
    assert!(fault("GIVE(SIZE_MAX, SIZE_MAX, 0.5);").contains("question 18446744073709551615 (places from 0)"));
}

#[test]
fn a_list_of_rewards_must_be_there() {
    for (pointer, length, shown) in [("0", "3", "3"), ("&one", "SIZE_MAX", "18446744073709551615")] {
        let body =
            format!("static const double one = 0; (void)one; rewards->put(rewards->sink, 0, 0, {pointer}, {length});");
        assert_eq!(
            fault(&body),
            format!("it gave {shown} rewards to CoT 10 of question 17, and no list of numbers is that long or is null")
        );
    }
    let empty = verifier("rewards->put(rewards->sink, 0, 0, 0, 0); rewards->put(rewards->sink, 0, 1, 0, 0);");
    let scored = empty.verifier().score_question(&context(), &question(17)).unwrap();
    assert_eq!(scored, [Rewards::default(), Rewards::default()], "null is a list of none");
}

#[test]
fn a_failure_names_the_question() {
    assert_eq!(fault("return touchstone_fail(failure, \"no model\");"), "no model");
    assert_eq!(fault("return TOUCHSTONE_FAILED;"), "it failed and gave no reason: its author should put a message");
    assert_eq!(fault("return 7;"), "it returned the status 7, which is none of 0 (done), 1 (failed) and 2 (cancelled)");
    assert_eq!(
        fault("return TOUCHSTONE_CANCELLED;"),
        "it returned the status 2 (cancelled), and nobody asked it to stop"
    );
}

#[test]
fn a_rule_that_was_broken_explains_a_failure() {
    let message = fault("GIVE(0, 0, 1.5); return touchstone_fail(failure, \"something else\");");
    assert!(message.starts_with("CoT 10 of question 17: 1.5 at place 0 is no probability"), "{message}");
}

#[test]
fn a_scope_must_be_known() {
    let library = fixture("verifier.c").with("DO", "return TOUCHSTONE_DONE").with("SCOPE", "9").build();
    let opened = library.make::<dyn Verifier>().open(&context());
    assert_eq!(
        library.says(opened),
        "the plugin \"fixture\" failed: LIB, call `scope`: it returned the scope 9, which is none of 0 (the CoT) and 1 \
         (the question)"
    );
    let whole = fixture("verifier.c").with("DO", "return TOUCHSTONE_DONE").with("SCOPE", "1").build();
    assert_eq!(whole.verifier().scope(), Scope::Question);
}

#[test]
fn a_call_for_many_questions_is_checked_by_the_same_rules() {
    let first = "GIVE(0, 0, 0.1); GIVE(0, 1, 0.2);";
    let rest = "GIVE(1, 0, 0.3); GIVE(1, 1, 0.4);";
    let cases = [
        (format!("{first} GIVE(1, 0, 0.3);"), "it gave no rewards to CoT 11 of question 18"),
        (format!("{first} {rest} GIVE(1, 1, 0.3);"), "it gave rewards to CoT 11 of question 18 twice"),
        (
            format!("{first} {rest} GIVE(2, 1, 0.3);"),
            "it gave rewards to CoT 1 of question 2 (places from 0), and there are 2 questions here, with 0 CoTs in that \
             place",
        ),
        (format!("{first} return touchstone_fail(failure, \"no model\");"), "no model"),
        (format!("{first} return TOUCHSTONE_FAILED;"), "it failed and gave no reason: its author should put a message"),
        (
            format!("{first} return TOUCHSTONE_CANCELLED;"),
            "it returned the status 2 (cancelled), and nobody asked it to stop",
        ),
    ];
    for (body, expected) in cases {
        let (message, scored) = fault_of_all(&body);
        assert_eq!(message, expected);
        assert_eq!(scored[&("17".to_owned(), 11)], rewards(&[0.2]), "what was right before it is kept: {body}");
    }
    let (message, scored) = fault_of_all(&format!("GIVE(0, 0, 1.5); GIVE(0, 1, 0.2); {rest}"));
    assert!(message.starts_with("CoT 10 of question 17: 1.5 at place 0"), "{message}");
    assert_eq!(scored.len(), 3, "what is wrong is not handed on");
}

#[test]
fn rewards_may_come_from_other_threads() {
    let mut questions: Vec<_> = (0..4).map(question).collect();
    questions.iter_mut().for_each(|question| question.cots.truncate(1));
    let (scored, outcome) = score_all(&verifier_of_all("return give_from_threads(rewards, failure);"), &questions);
    outcome.unwrap();
    for place in 0..4 {
        assert_eq!(scored[&(place.to_string(), 10)], rewards(&[0.25 * f64::from(place)]));
    }
}

#[test]
fn without_score_all_every_question_is_scored_on_its_own() {
    let library = verifier("GIVE(0, 0, 0.1); GIVE(0, 1, 0.2);");
    let (scored, outcome) = score_all(&library, &(0..20).map(question).collect::<Vec<_>>());
    outcome.unwrap();
    assert_eq!(scored.len(), 40);
    assert_eq!(scored[&("19".to_owned(), 11)], rewards(&[0.2]));
    let failing = verifier("return touchstone_fail(failure, \"no model\");");
    let (_, outcome) = score_all(&failing, &[question(17)]);
    assert_eq!(
        failing.says(outcome),
        "question 17: the plugin \"fixture\" failed: LIB, call `score_question`: no model"
    );
}

#[test]
fn a_verifier_that_wants_one_call_at_a_time_scores_all_questions() {
    let fixture = fixture("verifier.c").with("DO", "GIVE(0, 0, 0.1); GIVE(0, 1, 0.2); return TOUCHSTONE_DONE");
    let library = fixture.with("THREADS", "TOUCHSTONE_ONE_AT_A_TIME").build();
    let (scored, outcome) = score_all(&library, &(0..20).map(question).collect::<Vec<_>>());
    outcome.unwrap();
    assert_eq!(scored.len(), 40);
}

#[test]
fn who_is_asked_to_stop_and_does_is_cancelled() {
    let body = "if (context->cancelled(context->data)) { return TOUCHSTONE_CANCELLED; }";
    let stopped = context();
    stopped.cancel();
    let one = verifier(body).verifier().score_question(&stopped, &question(17)).unwrap_err();
    assert!(matches!(one, touchstone::Error::Cancelled), "{one}");
    let all = verifier_of_all(body).verifier().score_all(&stopped, &[question(17)], &|_, _| ()).unwrap_err();
    assert!(matches!(all, touchstone::Error::Cancelled), "{all}");
}

#[test]
fn a_receiver_that_panics_does_not_end_the_process() {
    let library = verifier_of_all("GIVE(0, 0, 0.1); GIVE(0, 1, 0.2);");
    let outcome = library.verifier().score_all(&context(), &[question(17)], &|_, _| panic!("the disk is full"));
    assert_eq!(
        library.says(outcome),
        "the plugin \"fixture\" failed: LIB, call `score_all`: what takes its results panicked; this is no fault of the \
         plugin"
    );
}
