//! What lives how long: contexts, instances, the library.

use touchstone::{Aggregator, PluginSpec};

use crate::program::{Record, context, question, registry, verifier, wait_until, work};

#[test]
fn a_context_that_a_plugin_keeps_works_after_the_call_and_is_let_go_in_the_end() {
    let record = Record::default();
    let context = context().with_progress(record.clone());
    let keeper = verifier("keeper", &context).unwrap();
    keeper.score_question(&context, &question("a", "", &[&[], &[]])).unwrap();
    drop(keeper);
    context.cancel();
    drop(context);
    // Two threads of the library are left, and have the context for themselves.
    record.wait_for("kept: end");
    wait_until("nobody holds the context", || record.holders() == 0);
    let kept = record.lines().iter().filter(|line| *line == "kept: 1 more").count();
    assert_eq!(kept, 2, "{:?}", record.lines());
}

#[test]
fn a_call_leaves_nothing_of_the_context_behind() {
    let record = Record::default();
    let context = context().with_progress(record.clone());
    let equations = verifier("equations", &context).unwrap();
    drop(context);
    let another = crate::program::context().with_progress(record.clone());
    equations.score_question(&another, &work()[0]).unwrap();
    drop(another);
    assert_eq!(record.holders(), 1, "the open verifier keeps the context that it was opened with");
    drop(equations);
    assert_eq!(record.holders(), 0);
}

#[test]
fn every_instance_is_closed_once_when_it_is_dropped_and_not_before() {
    let record = Record::default();
    let context = context().with_progress(record.clone());
    let closed = || record.lines().iter().filter(|line| *line == "closed: 1 more").count();
    let keepers: Vec<_> = (0..3).map(|_| verifier("keeper", &context).unwrap()).collect();
    assert_eq!(closed(), 0);
    for (place, keeper) in keepers.into_iter().enumerate() {
        keeper.score_question(&context, &question("a", "", &[])).unwrap();
        drop(keeper);
        assert_eq!(closed(), place + 1);
    }
}

#[test]
fn an_instance_may_be_closed_by_another_thread_than_opened_it() {
    let record = Record::default();
    let keeper = verifier("keeper", &context().with_progress(record.clone())).unwrap();
    std::thread::spawn(move || drop(keeper)).join().unwrap();
    assert_eq!(record.lines(), ["closed: start 0/?", "closed: 1 more", "closed: end"]);
    assert_eq!(record.holders(), 0);
}

#[test]
fn plugins_outlive_the_registry_that_made_them() {
    let registry = registry();
    let average = registry.make(&PluginSpec::<dyn Aggregator>::named("average")).unwrap();
    let equations = verifier("equations", &touchstone::Context::new(registry)).unwrap();
    assert_eq!(average.aggregate(&[Some(0.25), Some(0.75)]).unwrap(), 0.5);
    let context = touchstone::Context::new(touchstone::Registry::builtin());
    assert_eq!(equations.score_question(&context, &work()[2]).unwrap().len(), 1);
}
