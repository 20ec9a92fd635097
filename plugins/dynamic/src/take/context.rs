//! The context of a job on the other side.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;

use touchstone::{Cancellation, Context, Progress, ProgressStage, Registry, Result};

use super::Program;
use crate::table::{self, Text, UNKNOWN_TOTAL};

/// A job's context on the other side, kept valid for as long as this lives.
pub struct Lent(table::Context);

// SAFETY: the contract lets a context's functions be called from any thread.
unsafe impl Send for Lent {}
// SAFETY: as above.
unsafe impl Sync for Lent {}

impl Lent {
    /// Retains the context that a call was given.
    ///
    /// # Safety
    /// `context` must be valid for this call and keep the contract.
    pub unsafe fn retain(context: NonNull<table::Context>) -> Arc<Self> {
        // SAFETY: the caller vouches for the context.
        let context = unsafe { *context.as_ptr() };
        if let Some(retain) = context.retain {
            // SAFETY: it is the context's own function and data.
            unsafe { retain(context.data) }
        }
        Arc::new(Self(context))
    }

    /// `base` as the job on the other side sees it now: stops when that does, and shows progress there.
    pub fn over(self: &Arc<Self>, base: &Context) -> Context {
        base.clone().with_progress(Shown(Arc::clone(self))).with_cancellation(Arc::clone(self))
    }

    /// What a plugin is opened with on this side: the plugins of `own`, and after them those of the other side by the
    /// names that are free; the other side's templates.
    ///
    /// # Errors
    /// Descriptions or templates that the other side wrote wrong.
    pub fn opening(self: &Arc<Self>, own: &Registry) -> Result<Context> {
        let mut registry = own.clone();
        registry.add(Arc::new(Program::of(Arc::clone(self), own)?))?;
        let context = Context::new(registry);
        #[cfg(feature = "templates")]
        let context = context.with_templates(self.templates()?);
        Ok(self.over(&context))
    }

    pub(super) fn table(&self) -> &table::Context {
        &self.0
    }

    #[cfg(feature = "templates")]
    fn templates(&self) -> Result<touchstone::Templates> {
        let mut kept = crate::text::Kept::default();
        let sink = kept.sink();
        if let Some(templates) = self.0.templates {
            // SAFETY: it is the context's own function and data; the sink outlives the call.
            unsafe { templates(self.0.data, &sink) }
        }
        let mut templates = touchstone::Templates::new();
        for (name, source) in super::program::read::<std::collections::BTreeMap<String, String>>("templates", kept)? {
            templates.add(name, source)?;
        }
        Ok(templates)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(release) = self.0.release {
            // SAFETY: it is the context's own function and data, retained once.
            unsafe { release(self.0.data) }
        }
    }
}

impl Cancellation for Lent {
    fn is_cancelled(&self) -> bool {
        // SAFETY: it is the context's own function and data.
        self.0.cancelled.is_some_and(|cancelled| unsafe { cancelled(self.0.data) } != 0)
    }
}

struct Shown(Arc<Lent>);

impl Progress for Shown {
    fn start(&self, stage: &str, total: Option<u64>) -> Box<dyn ProgressStage> {
        let context = self.0.table();
        let handle = context.start.map_or(std::ptr::null_mut(), |start| {
            // SAFETY: it is the context's own function and data; the text outlives the call.
            unsafe { start(context.data, Text::of(stage), total.unwrap_or(UNKNOWN_TOTAL)) }
        });
        Box::new(Stage { context: Arc::clone(&self.0), handle })
    }
}

struct Stage {
    context: Arc<Lent>,
    handle: *mut c_void,
}

// SAFETY: the contract lets a context's functions be called from any thread.
unsafe impl Send for Stage {}
// SAFETY: as above.
unsafe impl Sync for Stage {}

impl ProgressStage for Stage {
    fn advance(&self, units: u64) {
        if let Some(advance) = self.context.table().advance {
            // SAFETY: the stage was begun by this context and is not finished.
            unsafe { advance(self.handle, units) }
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(finish) = self.context.table().finish {
            // SAFETY: as above, and this is the last call with it.
            unsafe { finish(self.handle) }
        }
    }
}
