//! Calls of a plugin: caught when it panics, repeated, made from many threads at once, and timed.

use std::fmt::Debug;
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::report::{Finding, Trial, difference};
use crate::Result;
use crate::error::panic_message;

/// Makes every call of one check, and so judges the two laws that every call is under.
pub(super) struct Calls {
    errors: Mutex<Trial>,
    panics: Mutex<Trial>,
}

impl Calls {
    pub(super) fn new() -> Self {
        Self {
            errors: Mutex::new(Trial::of("an input that the trait allows gives a result, not an error")),
            panics: Mutex::new(Trial::of("no input makes it panic")),
        }
    }

    /// The result of a call that must have one: an error is a breach. `told` names the call, with its input.
    pub(super) fn make<T>(&self, told: &str, call: impl FnOnce() -> Result<T>) -> Option<T> {
        let outcome = self.attempt(told, call)?;
        locked(&self.errors).judge(outcome.as_ref().err().map(|error| format!("{told} gave the error: {error}")));
        outcome.ok()
    }

    /// What came of a call that may end in an error; none where it panicked.
    pub(super) fn attempt<T>(&self, told: &str, call: impl FnOnce() -> Result<T>) -> Option<Result<T>> {
        // Nothing of the call is used after a panic but this note of it.
        let outcome = catch_unwind(AssertUnwindSafe(call));
        let said = |payload| panic_message(payload).unwrap_or("without a message");
        let panic = outcome.as_ref().err().map(|payload| format!("{told} panicked: {}", said(&**payload)));
        locked(&self.panics).judge(panic);
        outcome.ok()
    }

    /// What was found of the two laws.
    pub(super) fn findings(self) -> [Finding; 2] {
        [self.errors, self.panics].map(|trial| into_inner(trial).finish())
    }
}

/// A lock on what no panic can leave half changed.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// One input of a plugin.
pub(super) struct Case<I> {
    /// The call as messages tell it: "aggregate of no rewards".
    pub(super) told: String,
    pub(super) input: I,
    pub(super) size: Size,
}

/// How much work a case is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Ordinary,
    /// Left out on the eight threads, where it would only cost time.
    Huge,
}

impl<I> Case<I> {
    pub(super) fn ordinary(told: impl Into<String>, input: I) -> Self {
        Self { told: told.into(), input, size: Size::Ordinary }
    }

    pub(super) fn huge(told: impl Into<String>, input: I) -> Self {
        Self { told: told.into(), input, size: Size::Huge }
    }
}

/// What came of all cases, and whether it comes every time.
pub(super) struct Examined<'c, I, T> {
    /// The results of those cases that gave one.
    pub(super) given: Vec<Given<'c, I, T>>,
    pub(super) repeats: Finding,
    pub(super) threads: Finding,
}

/// A case with its result.
pub(super) struct Given<'c, I, T> {
    pub(super) case: &'c Case<I>,
    pub(super) result: T,
}

/// Calls the plugin with every case, then again, then from eight threads at once.
pub(super) fn examine<'c, I: Sync, T: PartialEq + Debug + Send + Sync>(
    calls: &Calls,
    cases: &'c [Case<I>],
    call: impl Fn(&I) -> Result<T> + Sync,
) -> Examined<'c, I, T> {
    let make = |case: &Case<I>| calls.make(&case.told, || call(&case.input));
    let given: Vec<_> = cases.iter().filter_map(|case| Some(Given { case, result: make(case)? })).collect();
    let repeats = repeat(&given, make);
    let threads = on_eight_threads(&given, make);
    Examined { given, repeats, threads }
}

fn repeat<I, T: PartialEq + Debug>(given: &[Given<'_, I, T>], make: impl Fn(&Case<I>) -> Option<T>) -> Finding {
    let mut trial = Trial::of("the same input gives the same result twice");
    // Backwards, so that another call came before each: what it left behind must not show.
    for Given { case, result } in given.iter().rev() {
        if let Some(second) = make(case) {
            let told = |[first, second]: [String; 2]| format!("{} gave {first}, then {second}", case.told);
            trial.judge(difference(result, &second, told));
        }
    }
    trial.finish()
}

fn on_eight_threads<I: Sync, T: PartialEq + Debug + Send + Sync>(
    given: &[Given<'_, I, T>],
    make: impl Fn(&Case<I>) -> Option<T> + Sync,
) -> Finding {
    const THREADS: usize = 8;
    let ordinary: Vec<_> = given.iter().filter(|given| given.case.size == Size::Ordinary).collect();
    let trial = Mutex::new(Trial::of("eight threads at once get what one thread gets"));
    let start = Barrier::new(THREADS);
    let work = |thread: usize| {
        start.wait();
        // Each begins elsewhere, so that calls with different inputs meet.
        let (before, after) = ordinary.split_at(thread * ordinary.len() / THREADS);
        for Given { case, result } in after.iter().chain(before) {
            if let Some(other) = make(case) {
                let told = |[alone, beside]: [String; 2]| {
                    format!("{} gave {alone} alone, {beside} beside seven others", case.told)
                };
                locked(&trial).judge(difference(result, &other, told));
            }
        }
    };
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let work = &work;
            scope.spawn(move || work(thread));
        }
    });
    into_inner(trial).finish()
}

/// The median of `sample`, which measures a call or a few; none where one gives no result.
pub(super) fn median_time(mut sample: impl FnMut() -> Option<Duration>) -> Option<Duration> {
    const ENOUGH: Duration = Duration::from_millis(100);
    let measure = || {
        let start = Instant::now();
        let mut times = Vec::new();
        while times.len() < 3 || times.len() < 101 && start.elapsed() < ENOUGH {
            times.push(sample()?);
        }
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    };
    catch_unwind(AssertUnwindSafe(measure)).ok().flatten()
}

/// How long one of `count` calls takes, when they are made in a row; none where one gives no result.
pub(super) fn timed<T>(count: u32, mut call: impl FnMut() -> Result<T>) -> Option<Duration> {
    let start = Instant::now();
    for _ in 0..count {
        black_box(call().ok()?);
    }
    Some(start.elapsed() / count)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::Outcome;
    use super::*;
    use crate::Error;

    #[test]
    fn a_panic_is_caught_and_told_with_its_message() {
        let calls = Calls::new();
        assert_eq!(calls.make("f of 1", || -> Result<u8> { panic!("at {}", 1) }), None);
        assert_eq!(calls.make("f of 2", || -> Result<u8> { std::panic::panic_any(2) }), None);
        assert_eq!(calls.make("f of 3", || Ok(3)), Some(3));
        let [errors, panics] = calls.findings();
        assert_eq!(panics.outcome, Outcome::Broken("f of 1 panicked: at 1".to_owned()));
        assert_eq!((errors.cases, panics.cases), (1, 3));
    }

    #[test]
    fn an_error_is_a_breach_only_where_a_result_must_come() {
        let fail = || Err::<u8, _>(Error::Cancelled);
        let calls = Calls::new();
        assert!(calls.attempt("f", fail).unwrap().is_err());
        assert_eq!(calls.make("g", fail), None);
        let [errors, panics] = calls.findings();
        let message = format!("g gave the error: {}", Error::Cancelled);
        assert_eq!((errors.outcome, panics.outcome), (Outcome::Broken(message), Outcome::Held));
    }

    #[test]
    fn huge_cases_are_repeated_but_left_out_on_the_threads() {
        let cases = [Case::ordinary("f of 1", 1), Case::huge("f of 2", 2)];
        let examined = examine(&Calls::new(), &cases, |input| Ok(input + 1));
        assert_eq!(examined.given.iter().map(|given| given.result).collect::<Vec<_>>(), [2, 3]);
        assert_eq!((examined.repeats.cases, examined.threads.cases), (2, 8));
    }

    #[test]
    fn the_time_of_a_call_is_the_median() {
        let samples = Cell::new(0);
        let time = median_time(|| {
            samples.set(samples.get() + 1);
            Some(Duration::from_micros(if samples.get() % 3 == 0 { 900 } else { 7 }))
        });
        assert_eq!(time, Some(Duration::from_micros(7)));
        let sleep = timed(10, || {
            std::thread::sleep(Duration::from_millis(1));
            Ok(())
        });
        assert!(sleep.unwrap() >= Duration::from_millis(1));
    }

    #[test]
    fn what_panics_or_fails_is_not_timed() {
        assert_eq!(median_time(|| panic!("no")), None);
        assert_eq!(median_time(|| timed(1, || Err::<(), _>(Error::Cancelled))), None);
    }
}
