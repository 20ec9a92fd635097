//! Rust plugins put behind the table.
//!
//! Each kind has its functions, which find the plugin in the instance, call the core trait, and keep errors and panics on
//! this side. A library gives its plugins to the program that loads it ([`LibraryTable`]); a program gives its own to a library
//! that asks for them ([`lend`]).

#![allow(unsafe_code)] // is called by the other side

mod aggregator;
mod answer;
mod context;
mod generator;
mod library;
mod sampler;
mod splitter;
mod verifier;

pub use context::{Loan, lend};
pub use library::{Exported, LibraryTable};

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use serde_json::{Map, Value};
use touchstone::registry::Pluggable;
use touchstone::{Context, Error, PluginKind, PluginSpec, Result};

use crate::table::{self, Plugin, TextSink};
use crate::take::Lent;

/// A plugin behind the table, with the context that it was opened with.
struct Given<T: ?Sized> {
    plugin: Box<T>,
    context: Context,
}

impl<T: ?Sized> Given<T> {
    /// The instance, to be closed by [`close`].
    fn instance(plugin: Box<T>, context: &Context) -> *mut c_void {
        Box::into_raw(Box::new(Self { plugin, context: context.clone() })).cast()
    }

    /// The plugin behind an instance.
    ///
    /// # Safety
    /// `instance` must come from [`instance`](Self::instance) of the same type and not be closed.
    unsafe fn of<'a>(instance: *mut c_void) -> Result<&'a Self> {
        // SAFETY: the caller vouches for it; plugins are `Sync`, so many threads may hold it.
        unsafe { instance.cast::<Self>().as_ref() }.ok_or_else(|| Error::plugin("null", "there is no instance"))
    }

    /// The plugin and the context of a call.
    ///
    /// # Safety
    /// As [`of`](Self::of), and `context` must be valid for the call.
    unsafe fn called<'a>(instance: *mut c_void, context: *const table::Context) -> Result<(&'a Self, Context)> {
        // SAFETY: the caller vouches for both.
        unsafe {
            let given = Self::of(instance)?;
            let context = match NonNull::new(context.cast_mut()) {
                Some(context) => Lent::retain(context).over(&given.context),
                None => given.context.clone(),
            };
            Ok((given, context))
        }
    }
}

unsafe extern "C" fn close<T: ?Sized>(instance: *mut c_void) {
    if !instance.is_null() {
        // A panic may not leave; a plugin that panics while it is dropped has nobody to tell.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: the instance is one of `Given::instance`, and this is the last call on it.
            drop(unsafe { Box::from_raw(instance.cast::<Given<T>>()) });
        }));
    }
}

/// Runs a call on this side: an error or panic becomes a status and a message.
///
/// # Safety
/// `failure` must be null or valid for the call.
unsafe fn guarded(failure: *const TextSink, work: impl FnOnce() -> Result<()>) -> i32 {
    let message = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => return table::DONE,
        Ok(Err(Error::Cancelled)) => return table::CANCELLED,
        // The other side says which plugin it is.
        Ok(Err(Error::Plugin { message, .. })) => message,
        Ok(Err(error)) => error.to_string(),
        Err(payload) => format!("it panicked: {}", said(&*payload)),
    };
    // SAFETY: the caller vouches for it.
    if let Some(failure) = unsafe { failure.as_ref() } {
        // SAFETY: as above.
        unsafe { failure.put(&message) }
    }
    table::FAILED
}

/// What a panic said.
fn said(payload: &(dyn std::any::Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// The functions of a kind, without name or schema.
const fn functions(kind: PluginKind) -> Plugin {
    let plugin = Plugin::of_kind(table::number_of(kind));
    match kind {
        PluginKind::Verifier => verifier::functions(plugin),
        PluginKind::StepSplitter => splitter::functions(plugin),
        PluginKind::Aggregator => aggregator::functions(plugin),
        PluginKind::Sampler => sampler::functions(plugin),
        PluginKind::Generator => generator::functions(plugin),
        PluginKind::AnswerEquivalence => answer::functions(plugin),
    }
}

/// Makes a plugin that the registry of `context` knows, opened where it is to be opened.
fn make(context: &Context, kind: PluginKind, name: &str, settings: Map<String, Value>) -> Result<*mut c_void> {
    fn made<K: Pluggable + ?Sized>(
        context: &Context,
        name: &str,
        settings: Map<String, Value>,
    ) -> Result<Box<K::Made>> {
        let spec =
            settings.into_iter().fold(PluginSpec::<K>::named(name), |spec, (field, value)| spec.with(field, value));
        Ok(context.registry().make(&spec)?)
    }
    use touchstone::{Aggregator, AnswerEquivalence, Generator, Sampler, StepSplitter, Verifier};
    Ok(match kind {
        PluginKind::Verifier => Given::instance(made::<dyn Verifier>(context, name, settings)?.open(context)?, context),
        PluginKind::StepSplitter => Given::instance(made::<dyn StepSplitter>(context, name, settings)?, context),
        PluginKind::Aggregator => Given::instance(made::<dyn Aggregator>(context, name, settings)?, context),
        PluginKind::Sampler => Given::instance(made::<dyn Sampler>(context, name, settings)?, context),
        PluginKind::Generator => {
            Given::instance(made::<dyn Generator>(context, name, settings)?.open(context)?, context)
        }
        PluginKind::AnswerEquivalence => {
            Given::instance(made::<dyn AnswerEquivalence>(context, name, settings)?, context)
        }
    })
}

/// The settings of a plugin, as they crossed.
fn settings(text: Option<&str>) -> Result<Map<String, Value>> {
    let wrong =
        |error: serde_json::Error| Error::plugin("settings", format!("the settings are no JSON object: {error}"));
    text.map_or(Ok(Map::new()), |text| serde_json::from_str(text).map_err(wrong))
}

/// Text that must be there and be UTF-8.
///
/// # Safety
/// As [`table::Text::read`].
unsafe fn required<'a>(text: table::Text, what: &str) -> Result<&'a str> {
    // SAFETY: the caller vouches for it.
    match unsafe { text.read() } {
        Ok(text) => Ok(text.unwrap_or_default()),
        Err(error) => Err(Error::plugin(what, format!("the {what} is not UTF-8: {error}"))),
    }
}
