//! Which calls may meet in a plugin.

use std::sync::Barrier;

use touchstone::{Aggregator, PluginSpec};

use super::compile::fixture;

/// Long enough for every thread to get going, however busy the machine is; only a failing test waits so long.
const PATIENT: &str = "20000";

/// The most threads that were in the plugin at once, when eight use two instances of it.
fn most_at_once(threads: &str, patience: &str) -> f64 {
    let library = fixture("threads.c").with("THREADS", threads).with("PATIENCE", patience).build();
    let registry = library.load().unwrap();
    let make = || registry.make(&PluginSpec::<dyn Aggregator>::named("fixture")).unwrap();
    let instances = [make(), make()];
    let start = Barrier::new(8);
    std::thread::scope(|scope| {
        let threads = [0, 1, 0, 1, 0, 1, 0, 1].map(|which: usize| {
            let (instance, start) = (&instances[which], &start);
            scope.spawn(move || {
                start.wait();
                instance.aggregate(&[]).unwrap()
            })
        });
        threads.into_iter().map(|thread| thread.join().unwrap()).fold(0.0, f64::max)
    })
}

#[test]
fn a_plugin_that_wants_one_call_at_a_time_gets_it() {
    assert_eq!(most_at_once("TOUCHSTONE_ONE_AT_A_TIME", "20"), 1.0);
}

#[test]
fn calls_meet_in_a_plugin_that_allows_it() {
    assert!(most_at_once("TOUCHSTONE_ANY_THREAD", PATIENT) >= 2.0);
}
