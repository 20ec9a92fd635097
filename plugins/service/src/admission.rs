//! The bounded queue that every request for work passes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Fault;
use crate::metrics::Metrics;

/// How many of the last requests tell how fast the queue moves.
const REMEMBERED: usize = 64;

/// The longest time that a client is asked to wait, in seconds.
const LONGEST_WAIT: u64 = 60;

/// Admits so many requests at a time, and tells others when to come again. Clones admit together.
#[derive(Clone)]
pub(crate) struct Admission {
    places: Arc<Semaphore>,
    size: usize,
    ended: Arc<Mutex<VecDeque<Instant>>>,
    metrics: Metrics,
}

/// A request's place in the queue, until it is dropped.
pub(crate) struct Admitted {
    admission: Admission,
    endpoint: &'static str,
    since: Instant,
    _place: OwnedSemaphorePermit,
}

impl Admission {
    /// A queue of this size.
    pub fn new(size: usize, metrics: Metrics) -> Self {
        // More than anyone has, and what a semaphore takes.
        let size = size.min(Semaphore::MAX_PERMITS);
        Self { places: Arc::new(Semaphore::new(size)), size, ended: Arc::default(), metrics }
    }

    /// A place in the queue.
    ///
    /// # Errors
    /// HTTP 429, with the time after which half of the queue is likely to have gone.
    pub fn admit(&self, endpoint: &'static str) -> Result<Admitted, Fault> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| Fault::full(self.size, self.retry_after(Instant::now())))?;
        self.metrics.admitted();
        Ok(Admitted { admission: self.clone(), endpoint, since: Instant::now(), _place: place })
    }

    fn retry_after(&self, now: Instant) -> u64 {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = ended.front() else { return 1 };
        let each = now.duration_since(*first) / ended.len() as u32;
        let half = each.saturating_mul(u32::try_from(self.size / 2).unwrap_or(u32::MAX));
        half.as_secs_f64().ceil().clamp(1.0, LONGEST_WAIT as f64) as u64
    }

    fn note_end(&self, at: Instant) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.push_back(at);
        if ended.len() > REMEMBERED {
            ended.pop_front();
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.admission.note_end(Instant::now());
        self.admission.metrics.ended(self.endpoint, self.since.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn so_many_are_admitted_and_a_place_that_is_left_is_free_again() {
        let admission = Admission::new(2, Metrics::new());
        let first = admission.admit("/").ok().unwrap();
        let _second = admission.admit("/").ok().unwrap();
        assert_eq!(admission.admit("/").err().unwrap(), Fault::full(2, 1));
        drop(first);
        assert!(admission.admit("/").is_ok());
    }

    #[test]
    fn the_wait_is_half_of_the_queue_at_the_pace_of_the_last_requests() {
        let admission = Admission::new(100, Metrics::new());
        let now = Instant::now();
        assert_eq!(admission.retry_after(now), 1);
        for second in 0..10 {
            admission.note_end(now + Duration::from_millis(500 * second));
        }
        // Ten within five seconds: half of a hundred takes 25.
        assert_eq!(admission.retry_after(now + Duration::from_secs(5)), 25);
        assert_eq!(admission.retry_after(now + Duration::from_secs(5000)), LONGEST_WAIT);
    }
}
