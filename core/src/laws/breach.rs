//! Plugins that break a law, for the tests of the laws.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};

use super::{Finding, Outcome, Report};

/// The one law that a plugin breaks, with the message.
pub(super) fn only_breach(report: &Report) -> String {
    let broken: Vec<_> = report.broken().collect();
    match broken[..] {
        [Finding { law, outcome: Outcome::Broken(message), .. }] => format!("{law}: {message}"),
        _ => panic!("not one breach:\n{report}"),
    }
}

pub(super) fn assert_every_law_held(report: &Report) {
    assert!(report.findings.iter().all(|finding| finding.outcome == Outcome::Held), "{report}");
}

/// The thread of the first call, on which a check makes all calls but those of its other threads.
#[derive(Default)]
pub(super) struct Home {
    thread: OnceLock<ThreadId>,
    calls: AtomicUsize,
}

impl Home {
    /// How many calls were made at home before this one; none for a call from elsewhere.
    pub(super) fn earlier_calls(&self) -> Option<usize> {
        let here = thread::current().id();
        (*self.thread.get_or_init(|| here) == here).then(|| self.calls.fetch_add(1, Ordering::Relaxed))
    }
}
