//! Progress and cancellation, seen on both sides.

use touchstone::Error;

use crate::program::{Record, context, question, score_all, verifier};

#[test]
fn stages_and_units_of_a_library_are_shown_by_the_program() {
    let record = Record::default();
    let context = context().with_progress(record.clone());
    let watcher = verifier("watcher", &context).unwrap();
    watcher.score_question(&context, &question("a", "", &[&["x"], &["y"]])).unwrap();
    let loading = ["loading: start 0/3", "loading: 3 more", "loading: end"];
    let watching = ["watching: start 0/2", "watching: 1 more", "watching: 1 more", "watching: end"];
    assert_eq!(record.lines(), [&loading[..], &watching].concat());
}

#[test]
fn progress_goes_to_the_context_of_the_call_not_to_that_of_the_opening() {
    let (opening, call) = (Record::default(), Record::default());
    let context = context();
    let watcher = verifier("watcher", &context.clone().with_progress(opening.clone())).unwrap();
    watcher.score_question(&context.with_progress(call.clone()), &question("a", "", &[])).unwrap();
    assert_eq!(opening.lines().len(), 3);
    assert_eq!(call.lines(), ["watching: start 0/0", "watching: end"]);
}

#[test]
fn a_job_that_is_stopped_in_the_middle_is_stopped_in_the_library_and_keeps_what_was_done() {
    let record = Record::default();
    let context = context().with_progress(record.clone());
    let watcher = verifier("watcher", &context).unwrap();
    std::thread::scope(|scope| {
        let stopped = scope.spawn(|| watcher.score_question(&context, &question("a", "", &[&["x"], &[]])));
        record.wait_for("waiting: start 0/?");
        context.cancel();
        assert!(matches!(stopped.join().unwrap(), Err(Error::Cancelled)));
    });
    assert_eq!(record.lines().last().unwrap(), "watching: end");
    assert!(matches!(score_all(&*watcher, &context, &[question("a", "", &[&["x"]])]), Err(Error::Cancelled)));
}
