//! The thread that computes for all callers of a generator.
//!
//! Calls that come at the same time share every pass: reading the weights, which is most of what a pass of few tokens takes, is
//! paid once. On the CPU it changes no completion. Elsewhere, where the last digits hang on what shares a batch, one call comes
//! after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::call::Call;
use super::schedule::{Limits, Schedule};
use crate::Model;

/// Takes calls. Dropping it ends its thread.
pub(super) struct Engine {
    calls: Sender<Call<'static>>,
}

impl Engine {
    /// Starts the thread, which waits for calls.
    ///
    /// # Errors
    /// The system's, where it grants no thread.
    pub(super) fn start(model: Arc<Model>, limits: Limits) -> std::io::Result<Self> {
        let (calls, receiver) = channel();
        thread::Builder::new().name("generating".to_owned()).spawn(move || work(&model, limits, receiver))?;
        Ok(Self { calls })
    }

    /// Begins a call beside those that are under way. What becomes of it, it is told; where its `tell` is dropped without an
    /// end, the engine broke off.
    pub(super) fn begin(&self, call: Call<'static>) {
        // Where the thread is gone, the call is dropped here.
        drop(self.calls.send(call));
    }
}

fn work(model: &Model, limits: Limits, mut calls: Receiver<Call<'static>>) {
    while let Ok(first) = calls.recv() {
        let calls = &mut calls;
        // In the pool until there is nothing to do: handing each of a token's two hundred products over to it would take longer
        // than some.
        let until_idle = AssertUnwindSafe(|| rayon::scope(|_| complete_all(model, limits, first, calls)));
        // After a panic those whose calls are lost know it by `tell`, and the next one begins anew.
        let _ = catch_unwind(until_idle);
    }
}

/// Completes this call, and those that come until nothing is left to do.
fn complete_all(model: &Model, limits: Limits, first: Call<'static>, calls: &mut Receiver<Call<'static>>) {
    let shares_passes = model.decoder().device().is_cpu();
    let mut schedule = Schedule::new(model, limits);
    schedule.add(first);
    while !schedule.is_idle() {
        if shares_passes {
            calls.try_iter().for_each(|call| schedule.add(call));
        }
        schedule.pass();
    }
}
