//! Whether a client is still there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use touchstone::Cancellation;

/// Held by what answers a client: it is dropped when the answer is sent, and when the connection breaks off. Work for the client
/// stops then.
#[derive(Debug, Default)]
pub(crate) struct Client(Arc<AtomicBool>);

/// Whether the [`Client`] was dropped.
#[derive(Clone, Debug)]
pub(crate) struct Gone(Arc<AtomicBool>);

impl Client {
    /// What tells whether it has gone.
    pub fn gone(&self) -> Gone {
        Gone(Arc::clone(&self.0))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Cancellation for Gone {
    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Stops when one of the two does.
#[derive(Clone, Debug)]
pub(crate) struct Either<A, B>(pub A, pub B);

impl<A: Cancellation, B: Cancellation> Cancellation for Either<A, B> {
    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled() || self.1.is_cancelled()
    }
}
