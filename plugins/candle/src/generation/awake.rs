//! Keeping the pool's threads awake while a few tokens are computed.
//!
//! A pass of one token is a few hundred products of some ten microseconds each. Threads that fall asleep between two of them
//! take about as long to wake up again.

use std::sync::atomic::{AtomicBool, Ordering};

/// Does the work on this thread of the pool, while the others look for parts of it without sleeping.
pub(super) fn awake<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let over = &AtomicBool::new(false);
    rayon::scope(|scope| {
        for _ in 1..rayon::current_num_threads() {
            scope.spawn(move |_| {
                while !over.load(Ordering::Acquire) {
                    if rayon::yield_now() != Some(rayon::Yield::Executed) {
                        std::hint::spin_loop();
                    }
                }
            });
        }
        let _over = AtEnd(over);
        work()
    })
}

/// Says when it is dropped that the work is over: also where the work panics, since the scope waits for the others.
struct AtEnd<'a>(&'a AtomicBool);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_done_and_may_be_shared_out() {
        use rayon::prelude::*;
        let sum = awake(|| (0..1000_u64).into_par_iter().map(|number| number * number).sum::<u64>());
        assert_eq!(sum, 332_833_500);
    }

    #[test]
    fn a_panic_of_the_work_is_passed_on_and_leaves_no_thread_looking() {
        let caught = std::panic::catch_unwind(|| awake(|| panic!("a bug of the work")));
        assert!(caught.is_err());
        assert_eq!(awake(|| 7), 7);
    }
}
