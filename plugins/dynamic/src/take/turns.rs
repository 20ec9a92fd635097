//! One call at a time, for a plugin that wants it so.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// Whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Turns {
    turn: Mutex<()>,
    holder: Mutex<Option<ThreadId>>,
}

/// The turn, until it is dropped.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    _turn: MutexGuard<'a, ()>,
}

impl Turns {
    /// Waits for the turn. Nothing where this very thread has it: to wait for itself would be to wait for ever.
    pub fn wait(&self) -> Option<Turn<'_>> {
        let this = thread::current().id();
        // Only this thread could have written its own id, so what is read cannot change meanwhile in a way that matters.
        if *self.holder.lock().unwrap_or_else(PoisonError::into_inner) == Some(this) {
            return None;
        }
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        *self.holder.lock().unwrap_or_else(PoisonError::into_inner) = Some(this);
        Some(Turn { turns: self, _turn: turn })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.turns.holder.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_has_the_turn_is_told_so_and_gets_it_again_when_it_has_ended() {
        let turns = Turns::default();
        let turn = turns.wait();
        assert!(turn.is_some() && turns.wait().is_none());
        drop(turn);
        assert!(turns.wait().is_some());
    }

    #[test]
    fn another_thread_waits_for_the_turn() {
        let turns = Turns::default();
        let shared = Mutex::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let _turn = turns.wait().unwrap();
                        // Fails where somebody else is inside.
                        *shared.try_lock().unwrap() += 1;
                    }
                });
            }
        });
        assert_eq!(shared.into_inner().unwrap(), 800);
    }
}
