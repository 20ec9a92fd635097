//! What a service puts up with.

use std::num::NonZeroUsize;
use std::time::Duration;

use serde::Deserialize;

use crate::{Error, Result};

/// How much a service takes on. What goes beyond is refused with an error that says so.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Requests for rewards and answers that wait or are worked on; 256 unless told otherwise. Further ones get HTTP 429.
    pub queue: NonZeroUsize,
    /// Bytes of a request; 4 MiB unless told otherwise.
    pub body_bytes: NonZeroUsize,
    /// CoTs of a request for rewards; 1024 unless told otherwise.
    pub cots: NonZeroUsize,
    /// Seconds from a request's head to the end of its answer; 300 unless told otherwise.
    pub seconds: f64,
    /// Conversations that are answered at the same time; 16 unless told otherwise. Those that wait are in the queue.
    pub solving: NonZeroUsize,
    /// Open connections; 1024 unless told otherwise. Further ones wait to be accepted.
    pub connections: NonZeroUsize,
    /// Seconds that work in flight has to end in once the service is asked to stop; 30 unless told otherwise.
    pub drain_seconds: f64,
}

impl Default for Limits {
    fn default() -> Self {
        const fn count(number: usize) -> NonZeroUsize {
            NonZeroUsize::MIN.saturating_add(number - 1)
        }
        Self {
            queue: count(256),
            body_bytes: count(4 << 20),
            cots: count(1024),
            seconds: 300.0,
            solving: count(16),
            connections: count(1024),
            drain_seconds: 30.0,
        }
    }
}

impl Limits {
    /// The time that a request may take.
    pub(crate) fn time(&self) -> Duration {
        duration(self.seconds)
    }

    /// The time that work in flight has to end in.
    pub(crate) fn drain(&self) -> Duration {
        duration(self.drain_seconds)
    }

    /// Checks what no type can say.
    pub(crate) fn check(&self) -> Result<()> {
        for (field, value, least) in [("seconds", self.seconds, 0.001), ("drain_seconds", self.drain_seconds, 0.0)] {
            // Comparisons with NaN are false.
            if !(value >= least && value <= LONGEST) {
                let message = format!("it is {value}; give a number of seconds from {least} to {LONGEST}");
                return Err(Error::field(format!("limits.{field}"), message));
            }
        }
        Ok(())
    }
}

/// A month: beyond it, clocks may overflow.
const LONGEST: f64 = 2_592_000.0;

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
