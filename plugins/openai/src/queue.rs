//! Which request is next, for a fixed number of threads.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::error::{Error, Result};

/// Completions of one prompt that are still to be made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unit {
    /// The prompt's place in the call.
    pub prompt: usize,
    /// The numbers of its samples.
    pub samples: Range<usize>,
}

impl Unit {
    /// The same work, a sample at a time.
    pub fn one_by_one(self) -> Vec<Unit> {
        self.samples.map(|sample| Unit { prompt: self.prompt, samples: sample..sample + 1 }).collect()
    }
}

/// The work of one call. It is done when nothing waits and nobody works: a unit in work may still be taken apart.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    /// Set with the first error: nobody begins anything after it.
    pub abandoned: AtomicBool,
}

struct State<T> {
    waiting: VecDeque<T>,
    working: usize,
    error: Option<Error>,
}

impl<T> Queue<T> {
    pub fn new(units: impl IntoIterator<Item = T>) -> Self {
        let state = State { waiting: units.into_iter().collect(), working: 0, error: None };
        Self { state: Mutex::new(state), changed: Condvar::new(), abandoned: AtomicBool::new(false) }
    }

    /// Does units by `work`, which gives what remains of one, until all are done or one fails. Several threads may do so.
    pub fn run(&self, work: impl Fn(T) -> Result<Vec<T>>) {
        let panicked = OnPanic(self);
        while let Some(unit) = self.next() {
            let outcome = work(unit);
            let mut state = self.locked();
            state.working -= 1;
            match outcome {
                // What remains of a unit comes before the others, so that prompts are finished one after the other.
                Ok(remaining) => remaining.into_iter().rev().for_each(|unit| state.waiting.push_front(unit)),
                Err(error) => {
                    self.abandoned.store(true, Ordering::Relaxed);
                    state.error.get_or_insert(error);
                }
            }
            self.changed.notify_all();
        }
        drop(panicked);
    }

    /// As [`run`](Self::run), on so many threads, of which this is one.
    pub fn run_on(&self, threads: usize, work: impl Fn(T) -> Result<Vec<T>> + Sync)
    where
        T: Send,
    {
        thread::scope(|scope| {
            for _ in 1..threads {
                let worker = thread::Builder::new().spawn_scoped(scope, || self.run(&work));
                // Where the system gives no more threads, those that there are do it all.
                if worker.is_err() {
                    break;
                }
            }
            self.run(&work);
        });
    }

    /// The first error, if there was one.
    pub fn result(self) -> Result<()> {
        match self.state.into_inner().unwrap_or_else(PoisonError::into_inner).error {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn next(&self) -> Option<T> {
        let mut state = self.locked();
        loop {
            if self.abandoned.load(Ordering::Relaxed) {
                return None;
            }
            if let Some(unit) = state.waiting.pop_front() {
                state.working += 1;
                return Some(unit);
            }
            if state.working == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn locked(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the other threads end when the one that holds this panics, in the caller's `done`.
struct OnPanic<'a, T>(&'a Queue<T>);

impl<T> Drop for OnPanic<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Under the lock, so that nobody looks at the flag before and waits after.
            let _state = self.0.locked();
            self.0.abandoned.store(true, Ordering::Relaxed);
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_done_once_though_units_are_taken_apart() {
        let queue = Queue::new((0..50).map(|prompt| Unit { prompt, samples: 0..3 }));
        let done = Mutex::new(Vec::new());
        queue.run_on(4, |unit| {
            if unit.samples.len() > 1 {
                return Ok(unit.one_by_one());
            }
            done.lock().unwrap().push((unit.prompt, unit.samples.start));
            Ok(Vec::new())
        });
        queue.result().unwrap();
        let mut done = done.into_inner().unwrap();
        done.sort_unstable();
        let all: Vec<_> = (0..50).flat_map(|prompt| (0..3).map(move |sample| (prompt, sample))).collect();
        assert_eq!(done, all);
    }

    #[test]
    fn the_first_error_ends_the_work() {
        let queue = Queue::new((0..1000).map(|prompt| Unit { prompt, samples: 0..1 }));
        queue.run_on(4, |unit| match unit.prompt {
            10 => Err(Error::EmptyStop),
            0..10 => Ok(Vec::new()),
            _ => {
                while !queue.abandoned.load(Ordering::Relaxed) {
                    thread::yield_now();
                }
                Err(Error::Abandoned)
            }
        });
        assert!(!queue.locked().waiting.is_empty());
        assert!(matches!(queue.result(), Err(Error::EmptyStop)));
    }

    #[test]
    fn a_panic_on_one_thread_ends_the_others() {
        let queue = Queue::new((0..2).map(|prompt| Unit { prompt, samples: 0..1 }));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            queue.run_on(4, |unit| match unit.prompt {
                0 => panic!("the caller's fault"),
                _ => Ok(Vec::new()),
            });
        }));
        assert!(panicked.is_err());
    }
}
