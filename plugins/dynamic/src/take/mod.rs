//! Rust plugins out of what is behind a table.
//!
//! Each kind has its adapter, which implements the core trait, calls the table's function and trusts nothing that comes
//! back: a result that breaks the trait's law is an error that names plugin, file and call.

#![allow(unsafe_code)] // calls the other side's functions

mod aggregator;
mod answer;
mod context;
mod extractor;
mod generator;
mod program;
mod sampler;
mod splitter;
mod turns;
mod verifier;

pub use context::Lent;
pub use program::Program;

pub(crate) use aggregator::TakenAggregator;
pub(crate) use answer::TakenAnswers;
pub(crate) use extractor::TakenExtractor;
pub(crate) use generator::TakenGenerator;
pub(crate) use sampler::TakenSampler;
pub(crate) use splitter::TakenSplitter;
pub(crate) use verifier::TakenVerifier;

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;

use touchstone::{Cancellation, Error, Result};

use crate::Fault;
use crate::table::{self, TextSink};
use crate::text::Kept;
use turns::Turns;

/// Which plugin it is, for errors, and the lock for one that wants a call at a time.
#[derive(Debug)]
pub struct Identity {
    name: String,
    place: String,
    turns: Option<Turns>,
}

impl Identity {
    /// The plugin of this name, from this file or other place; `threads` as in [`table::Plugin::threads`].
    pub fn new(name: impl Into<String>, place: impl Into<String>, threads: u32) -> Self {
        let turns = (threads == table::ONE_AT_A_TIME).then(Turns::default);
        Self { name: name.into(), place: place.into(), turns }
    }

    /// Runs a call into the plugin when it is its turn.
    fn in_turn<T>(&self, call: impl FnOnce() -> T) -> Result<T, Fault> {
        let _turn = match &self.turns {
            Some(turns) => Some(turns.wait().ok_or(Fault::WithinItself)?),
            None => None,
        };
        Ok(call())
    }

    pub(crate) fn error(&self, call: &str, fault: &Fault) -> Error {
        Error::plugin(&self.name, format!("{}, call `{call}`: {fault}", self.place))
    }

    /// Makes a call: hands `invoke` where the reason of a failure goes, and turns the status that it gives into a result.
    /// `stop` is what may ask the call to stop; nothing else excuses one that stopped.
    pub(crate) fn call(
        &self,
        call: &str,
        stop: Option<&dyn Cancellation>,
        invoke: impl FnOnce(*const TextSink) -> i32,
    ) -> Result<()> {
        let mut reason = Kept::default();
        let sink = reason.sink();
        let status = self.in_turn(|| invoke(&sink)).map_err(|fault| self.error(call, &fault))?;
        let fault = match status {
            table::DONE => return Ok(()),
            table::CANCELLED if stop.is_some_and(Cancellation::is_cancelled) => return Err(Error::Cancelled),
            table::CANCELLED => Fault::NotAsked,
            table::FAILED => match reason.text() {
                Ok(Some(message)) if !message.trim().is_empty() => Fault::Failed(message),
                Ok(_) => Fault::Silent,
                Err(not_utf8) => Fault::Message(not_utf8),
            },
            other => Fault::Status(other),
        };
        Err(self.error(call, &fault))
    }
}

/// An instance behind a table: closed when dropped.
pub(crate) struct Taken {
    plugin: NonNull<table::Plugin>,
    instance: *mut c_void,
    identity: Arc<Identity>,
}

// SAFETY: the contract lets every function be called from any thread; `Identity::call` keeps calls apart where the plugin
// asks for it. The table is never changed.
unsafe impl Send for Taken {}
// SAFETY: as above.
unsafe impl Sync for Taken {}

impl Taken {
    /// Takes over an instance.
    ///
    /// # Safety
    /// `plugin` must stay valid for ever, its functions must keep the contract, and `instance` must be one that it opened
    /// and nobody else closes.
    pub unsafe fn new(plugin: NonNull<table::Plugin>, instance: *mut c_void, identity: Arc<Identity>) -> Self {
        Self { plugin, instance, identity }
    }

    fn plugin(&self) -> &table::Plugin {
        // SAFETY: `new`'s caller vouches for it.
        unsafe { self.plugin.as_ref() }
    }

    /// Calls one of the plugin's functions.
    fn call<F>(
        &self,
        call: &str,
        function: Option<F>,
        stop: Option<&dyn Cancellation>,
        invoke: impl FnOnce(F, *mut c_void, *const TextSink) -> i32,
    ) -> Result<()> {
        let function = function.ok_or_else(|| self.identity.error(call, &Fault::NoFunction))?;
        self.identity.call(call, stop, |failure| invoke(function, self.instance, failure))
    }

    /// Whether its calls take turns.
    fn takes_turns(&self) -> bool {
        self.identity.turns.is_some()
    }

    fn error(&self, call: &str, fault: &Fault) -> Error {
        self.identity.error(call, fault)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(close) = self.plugin().close {
            // SAFETY: the instance is the plugin's own, and this is the last call on it. Within a call of a plugin that
            // takes one at a time it is left open: better kept than closed out of turn.
            let _ = self.identity.in_turn(|| unsafe { close(self.instance) });
        }
    }
}
