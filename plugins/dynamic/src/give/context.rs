//! The context of a job, lent to the other side.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::Arc;

use touchstone::{Context, Error, PluginKind, ProgressStage};

use super::{contained, functions, guarded, make, misused, required, settings, unnamed};
use crate::table::{self, Made, Plugin, Text, TextSink, UNKNOWN_TOTAL};

/// A context behind the table, valid for as long as this lives, and longer where the other side retains it.
pub struct Loan {
    context: Arc<Context>,
    table: table::Context,
}

impl Loan {
    /// What a call is given.
    pub fn table(&self) -> *const table::Context {
        &self.table
    }
}

impl std::ops::Deref for Loan {
    type Target = Context;
    fn deref(&self) -> &Context {
        &self.context
    }
}

/// Lends a context to the other side.
pub fn lend(context: &Context) -> Loan {
    let context = Arc::new(context.clone());
    let table = table::Context {
        data: Arc::as_ptr(&context).cast_mut().cast(),
        retain: Some(retain),
        release: Some(release),
        cancelled: Some(cancelled),
        start: Some(start),
        advance: Some(advance),
        finish: Some(finish),
        plugins: Some(plugins),
        make: Some(make_for_the_other_side),
        templates: Some(templates),
    };
    Loan { context, table }
}

/// The context behind `data`.
///
/// # Safety
/// `data` must be that of a loan or of a retained one.
unsafe fn context<'a>(data: *mut c_void) -> Option<&'a Context> {
    // SAFETY: the caller vouches for it.
    unsafe { data.cast::<Context>().as_ref() }
}

unsafe extern "C" fn retain(data: *mut c_void) {
    if !data.is_null() {
        // SAFETY: `data` is the pointer of an `Arc` that is alive.
        unsafe { Arc::increment_strong_count(data.cast::<Context>()) }
    }
}

unsafe extern "C" fn release(data: *mut c_void) {
    if !data.is_null() {
        // SAFETY: `data` is the pointer of an `Arc` that was retained once more than it was released.
        contained(|| unsafe { Arc::decrement_strong_count(data.cast::<Context>()) });
    }
}

unsafe extern "C" fn cancelled(data: *mut c_void) -> i32 {
    // SAFETY: by the contract of the table.
    i32::from(contained(|| unsafe { context(data) }.is_some_and(Context::is_cancelled)).unwrap_or(false))
}

type Stage = Box<dyn ProgressStage>;

unsafe extern "C" fn start(data: *mut c_void, stage: Text, total: u64) -> *mut c_void {
    let begun = contained(|| {
        // SAFETY: by the contract of the table.
        let (context, stage) = unsafe { (context(data)?, stage.read()) };
        let stage: Stage = context.start(stage.ok()??, (total != UNKNOWN_TOTAL).then_some(total));
        Some(Box::into_raw(Box::new(stage)).cast())
    });
    begun.flatten().unwrap_or(std::ptr::null_mut())
}

unsafe extern "C" fn advance(stage: *mut c_void, units: u64) {
    contained(|| {
        // SAFETY: a stage comes from `start` and is not finished.
        if let Some(stage) = unsafe { stage.cast::<Stage>().as_ref() } {
            stage.advance(units);
        }
    });
}

unsafe extern "C" fn finish(stage: *mut c_void) {
    if !stage.is_null() {
        contained(|| {
            // SAFETY: a stage comes from `start`, and this is the last call with it.
            drop(unsafe { Box::from_raw(stage.cast::<Stage>()) });
        });
    }
}

unsafe extern "C" fn plugins(data: *mut c_void, descriptions: *const TextSink) {
    // SAFETY: by the contract of the table.
    unsafe {
        guarded(std::ptr::null(), || {
            if let (Some(context), Some(sink)) = (context(data), descriptions.as_ref()) {
                let all: Vec<_> = context.registry().plugins().collect();
                sink.put(&serde_json::to_string(&all).map_err(unwritable)?);
            }
            Ok(())
        });
    }
}

unsafe extern "C" fn templates(data: *mut c_void, sink: *const TextSink) {
    // SAFETY: by the contract of the table.
    unsafe {
        guarded(std::ptr::null(), || {
            if let (Some(context), Some(sink)) = (context(data), sink.as_ref()) {
                sink.put(&serde_json::to_string(&sources(context)).map_err(unwritable)?);
            }
            Ok(())
        });
    }
}

#[cfg(feature = "templates")]
fn sources(context: &Context) -> BTreeMap<&str, String> {
    context.templates().sources().collect()
}

/// A program without templates has none to lend.
#[cfg(not(feature = "templates"))]
fn sources(_context: &Context) -> BTreeMap<&str, String> {
    BTreeMap::new()
}

fn unwritable(error: serde_json::Error) -> Error {
    misused(format!("it cannot be written as JSON: {error}"))
}

unsafe extern "C" fn make_for_the_other_side(
    data: *mut c_void,
    kind: u32,
    name: Text,
    settings_text: Text,
    made: *mut Made,
    failure: *const TextSink,
) -> i32 {
    // SAFETY: by the contract of the table everything is valid for the call.
    unsafe {
        guarded(failure, || {
            let name = required(name, "name")?;
            let unknown = || misused(format!("there is no kind of plugin with the number {kind}"));
            let kind = table::kind_of(kind).ok_or_else(unknown)?;
            let settings = settings(Some(required(settings_text, "settings")?).filter(|text| !text.is_empty()))?;
            if let Some(context) = context(data) {
                let instance = make(context, kind, name, settings).map_err(|error| unnamed(error, name))?;
                *made = Made { plugin: of_the_program(kind), instance };
            }
            Ok(())
        })
    }
}

/// The functions of each kind, for ever.
fn of_the_program(kind: PluginKind) -> *const Plugin {
    static FUNCTIONS: [Plugin; PluginKind::ALL.len()] = {
        let mut all = [Plugin::of_kind(0); PluginKind::ALL.len()];
        let mut place = 0;
        while place < all.len() {
            all[place] = functions(PluginKind::ALL[place]);
            place += 1;
        }
        all
    };
    FUNCTIONS.iter().find(|plugin| plugin.kind == table::number_of(kind)).map_or(std::ptr::null(), std::ptr::from_ref)
}
