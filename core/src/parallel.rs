//! Work on all threads, by the standard library alone: authors of plugins build this crate, and rayon would cost them more
//! time than all of its own code.

use std::panic::resume_unwind;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::Result;

/// Does `work` once for each item, as many at a time as this machine has threads, and returns when no thread is at it any
/// more. After an error no further item is begun; the error that came first is returned. A panic of `work` goes on in the
/// caller.
pub(crate) fn try_for_each<T: Sync>(items: &[T], work: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let first_error = OnceLock::new();
    let work_on = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = work(item) {
                next.store(items.len(), Ordering::Relaxed);
                // Where another thread was first, its error is the one to tell.
                let _ = first_error.set(error);
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    thread::scope(|scope| {
        // The caller's thread works as well, so the work is done even where the system grants no further thread.
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, work_on).ok();
        let others: Vec<_> = (1..threads).map_while(spawn).collect();
        work_on();
        for other in others {
            if let Err(panic) = other.join() {
                resume_unwind(panic);
            }
        }
    });
    first_error.into_inner().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::{Barrier, Mutex};
    use std::time::Duration;

    use super::*;
    use crate::Error;

    #[test]
    fn every_item_is_worked_on_once() {
        for count in [0, 1, 2, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let seen = Mutex::new(Vec::new());
            try_for_each(&items, |item| {
                seen.lock().unwrap().push(*item);
                Ok(())
            })
            .unwrap();
            let mut seen = seen.into_inner().unwrap();
            seen.sort_unstable();
            assert_eq!(seen, items);
        }
    }

    #[test]
    fn as_many_items_are_in_work_at_once_as_there_are_threads() {
        let threads = thread::available_parallelism().unwrap().get();
        // It opens only when all of them are there.
        let barrier = Barrier::new(threads);
        try_for_each(&vec![(); threads], |()| {
            barrier.wait();
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn after_an_error_nothing_more_is_begun() {
        let begun = AtomicUsize::new(0);
        let items: Vec<usize> = (0..100_000).collect();
        let error = try_for_each(&items, |item| {
            begun.fetch_add(1, Ordering::Relaxed);
            if *item == 1 {
                return Err(Error::plugin("mine", "the second item"));
            }
            thread::sleep(Duration::from_millis(1));
            Ok(())
        });
        assert!(error.unwrap_err().to_string().contains("the second item"));
        assert!(begun.into_inner() < items.len() / 2);
    }

    #[test]
    fn a_panic_reaches_the_caller_with_its_message() {
        for culprit in [0, 99] {
            let items: Vec<usize> = (0..100).collect();
            let panic = catch_unwind(AssertUnwindSafe(|| {
                try_for_each(&items, |item| if *item == culprit { panic!("item {item} is cursed") } else { Ok(()) })
            }));
            assert_eq!(*panic.unwrap_err().downcast::<String>().unwrap(), format!("item {culprit} is cursed"));
        }
    }
}
