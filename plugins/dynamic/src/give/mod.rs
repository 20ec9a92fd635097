//! Rust plugins put behind the table.
//!
//! Each kind has its functions, which find the plugin in the instance, call the core trait, and keep errors and panics on
//! this side. A library gives its plugins to the program that loads it ([`LibraryTable`]); a program gives its own to a library
//! that asks for them ([`lend`]).

#![allow(unsafe_code)] // is called by the other side

mod aggregator;
mod answer;
mod context;
mod extractor;
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

/// A plugin behind the table, with its name and the context that it was opened with.
struct Given<T: ?Sized> {
    plugin: Box<T>,
    name: Box<str>,
    context: Context,
}

impl<T: ?Sized> Given<T> {
    /// The instance, to be closed by [`close`].
    fn instance(plugin: Box<T>, name: &str, context: &Context) -> *mut c_void {
        Box::into_raw(Box::new(Self { plugin, name: name.into(), context: context.clone() })).cast()
    }

    /// A call of the plugin behind an instance: as [`guarded`], and an error loses this plugin's name, which the other side
    /// says, but not that of another one, which is nested in this one.
    ///
    /// # Safety
    /// `instance` must come from [`instance`](Self::instance) of the same type and not be closed, and `failure` must be
    /// null or valid for the call.
    unsafe fn call(instance: *mut c_void, failure: *const TextSink, work: impl FnOnce(&Self) -> Result<()>) -> i32 {
        // SAFETY: the caller vouches for it; plugins are `Sync`, so many threads may hold it.
        unsafe {
            guarded(failure, || {
                let given = instance.cast::<Self>().as_ref().ok_or_else(|| misused("there is no instance"))?;
                work(given).map_err(|error| unnamed(error, &given.name))
            })
        }
    }

    /// The context of a call.
    ///
    /// # Safety
    /// `context` must be null or valid for the call.
    unsafe fn context(&self, context: *const table::Context) -> Context {
        match NonNull::new(context.cast_mut()) {
            // SAFETY: the caller vouches for it.
            Some(context) => unsafe { Lent::retain(context) }.over(&self.context),
            None => self.context.clone(),
        }
    }
}

/// What is wrong with a call, not with a plugin: the other side knows whom it called.
fn misused(message: impl Into<String>) -> Error {
    Error::plugin("", message)
}

/// The error without the plugin's name, if it is this one's.
fn unnamed(error: Error, name: &str) -> Error {
    match error {
        Error::Plugin { plugin, message } if plugin == name => misused(message),
        Error::At { place, source } => match unnamed(*source, name) {
            Error::Plugin { plugin, message } if plugin.is_empty() => misused(format!("{place}: {message}")),
            other => other.at(place),
        },
        other => other,
    }
}

unsafe extern "C" fn close<T: ?Sized>(instance: *mut c_void) {
    if !instance.is_null() {
        // A plugin that panics while it is dropped has nobody to tell.
        contained(|| {
            // SAFETY: the instance is one of `Given::instance`, and this is the last call on it.
            drop(unsafe { Box::from_raw(instance.cast::<Given<T>>()) });
        });
    }
}

/// Runs what has no way to tell an error; nothing where it panics, since no panic may leave a call.
fn contained<R>(work: impl FnOnce() -> R) -> Option<R> {
    caught(work).ok()
}

/// The result of the work, or the panic as an error.
fn caught<R>(work: impl FnOnce() -> R) -> Result<R> {
    catch_unwind(AssertUnwindSafe(work)).map_err(Error::panicked)
}

/// Runs a call on this side: an error or panic becomes a status and a message.
///
/// # Safety
/// `failure` must be null or valid for the call.
unsafe fn guarded(failure: *const TextSink, work: impl FnOnce() -> Result<()>) -> i32 {
    let message = match caught(work).and_then(|result| result) {
        Ok(()) => return table::DONE,
        Err(error) if error.is_cancelled() => return table::CANCELLED,
        Err(Error::Plugin { plugin, message }) if plugin.is_empty() => message,
        Err(error) => error.to_string(),
    };
    // SAFETY: the caller vouches for it.
    if let Some(failure) = unsafe { failure.as_ref() } {
        // SAFETY: as above.
        unsafe { failure.put(&message) }
    }
    table::FAILED
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
        PluginKind::AnswerExtractor => extractor::functions(plugin),
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
    use touchstone::{Aggregator, AnswerEquivalence, AnswerExtractor, Generator, Sampler, StepSplitter, Verifier};
    Ok(match kind {
        PluginKind::Verifier => {
            Given::instance(made::<dyn Verifier>(context, name, settings)?.open(context)?, name, context)
        }
        PluginKind::StepSplitter => Given::instance(made::<dyn StepSplitter>(context, name, settings)?, name, context),
        PluginKind::Aggregator => Given::instance(made::<dyn Aggregator>(context, name, settings)?, name, context),
        PluginKind::Sampler => Given::instance(made::<dyn Sampler>(context, name, settings)?, name, context),
        PluginKind::Generator => {
            Given::instance(made::<dyn Generator>(context, name, settings)?.open(context)?, name, context)
        }
        PluginKind::AnswerEquivalence => {
            Given::instance(made::<dyn AnswerEquivalence>(context, name, settings)?, name, context)
        }
        PluginKind::AnswerExtractor => {
            Given::instance(made::<dyn AnswerExtractor>(context, name, settings)?, name, context)
        }
    })
}

/// The settings of a plugin, as they crossed.
fn settings(text: Option<&str>) -> Result<Map<String, Value>> {
    let wrong = |error: serde_json::Error| misused(format!("the settings are no JSON object: {error}"));
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
        Err(error) => Err(misused(format!("the {what} is not UTF-8: {error}"))),
    }
}
