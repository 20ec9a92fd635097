//! What a running job hands to the plugins it calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::verifier::ScoredCot;
use crate::{Error, Rationale, Rationales, Registry, Result};

/// Everything a plugin may use of the job that calls it: whether to stop, where to show progress, which other plugins and
/// prompts there are. There are no globals, so two jobs in one process do not meet.
///
/// Cloning is cheap; clones share cancellation and progress.
#[derive(Clone)]
pub struct Context {
    cancelled: Arc<AtomicBool>,
    outer: Option<Arc<dyn Cancellation>>,
    progress: Arc<dyn Progress>,
    registry: Arc<Registry>,
    rationales: Option<Arc<dyn Rationales>>,
    meter: Option<Arc<dyn TokenMeter>>,
    #[cfg(feature = "templates")]
    templates: Arc<crate::Templates>,
}

impl Context {
    /// A context with the plugins of `registry`, no prompts, and silent progress.
    pub fn new(registry: Registry) -> Self {
        Self {
            cancelled: Arc::default(),
            outer: None,
            progress: Arc::new(Silent),
            registry: Arc::new(registry),
            rationales: None,
            meter: None,
            #[cfg(feature = "templates")]
            templates: Arc::default(),
        }
    }

    /// The same context showing progress here.
    pub fn with_progress(mut self, progress: impl Progress + 'static) -> Self {
        self.progress = Arc::new(progress);
        self
    }

    /// The same context, which stops when `outer` says so, too, and when it is itself [cancelled](Self::cancel); the
    /// context that it was made from no longer stops it.
    pub fn with_cancellation(mut self, outer: impl Cancellation + 'static) -> Self {
        self.cancelled = Arc::default();
        self.outer = Some(Arc::new(outer));
        self
    }

    /// The same context keeping rationales here.
    pub fn with_rationales(mut self, rationales: impl Rationales + 'static) -> Self {
        self.rationales = Some(Arc::new(rationales));
        self
    }

    /// Whether rationales are kept. Where they are not, a verifier need not make them.
    pub fn wants_rationales(&self) -> bool {
        self.rationales.is_some()
    }

    /// Keeps the rationales of a CoT, if they are wanted. A verifier calls this before it hands over the CoT's rewards.
    pub fn keep_rationales(&self, cot: ScoredCot<'_>, rationales: Vec<Rationale>) {
        if let Some(keeper) = &self.rationales {
            keeper.keep(cot, rationales);
        }
    }

    /// The same context telling this meter what each CoT took.
    pub fn with_token_meter(mut self, meter: impl TokenMeter + 'static) -> Self {
        self.meter = Some(Arc::new(meter));
        self
    }

    /// So many tokens stand for a CoT: what a reward model reads of it, the question included, or what it writes about it. A
    /// verifier that knows them calls this before it hands over the CoT's rewards. They depend on the CoT alone, unlike what
    /// is [counted](Self::count), which is what was computed, where a beginning that CoTs share counts once.
    pub fn meter_tokens(&self, cot: ScoredCot<'_>, tokens: u64) {
        if let Some(meter) = &self.meter {
            meter.meter(cot, tokens);
        }
    }

    /// The plugins that can be named in settings.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Asks everything that runs under this context to stop. Callable from a signal-handling thread.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether everything that runs under this context was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed) || self.outer.as_ref().is_some_and(|outer| outer.is_cancelled())
    }

    /// The same context with a cancellation of its own: cancelling one of the two leaves the other running.
    pub(crate) fn uncoupled(&self) -> Self {
        Self { cancelled: Arc::default(), ..self.clone() }
    }

    /// Returns [`Error::Cancelled`] once [`cancel`](Self::cancel) was called. Long work calls this between units.
    pub fn check_cancelled(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Begins a stage of `total` units (none where it is unknown); dropping the result ends it.
    pub fn start(&self, stage: &str, total: Option<u64>) -> Box<dyn ProgressStage> {
        self.progress.start(stage, total)
    }

    /// So many more are done of what a plugin counts besides the units of the job's stage: `count("tokens", 512)` after each
    /// batch shows tokens a second beside the CoTs. Cheap; callable from any thread.
    pub fn count(&self, unit: &str, amount: u64) {
        self.progress.count(unit, amount);
    }

    /// Says how things stand ("loss 0.52"), in place of what was said before, beside the progress that is shown.
    pub fn note(&self, text: &str) {
        self.progress.note(text);
    }
}

/// Something outside that may ask a job to stop: the program that called a library, a deadline, a client that has gone.
pub trait Cancellation: Send + Sync {
    /// Whether to stop. Asked often, so it must be cheap; once true, it stays true.
    fn is_cancelled(&self) -> bool;
}

impl<T: Cancellation + ?Sized> Cancellation for Arc<T> {
    fn is_cancelled(&self) -> bool {
        (**self).is_cancelled()
    }
}

impl Cancellation for Context {
    fn is_cancelled(&self) -> bool {
        Self::is_cancelled(self)
    }
}

/// What keeps how many tokens each CoT took: a service that tells its clients. See [`Context::meter_tokens`].
pub trait TokenMeter: Send + Sync {
    /// Takes the tokens of a CoT. Called from many threads, at most once a CoT, before its rewards are final.
    fn meter(&self, cot: ScoredCot<'_>, tokens: u64);
}

impl<T: TokenMeter + ?Sized> TokenMeter for Arc<T> {
    fn meter(&self, cot: ScoredCot<'_>, tokens: u64) {
        (**self).meter(cot, tokens);
    }
}

#[cfg(feature = "templates")]
impl Context {
    /// The same context with these prompts.
    pub fn with_templates(mut self, templates: crate::Templates) -> Self {
        self.templates = Arc::new(templates);
        self
    }

    /// The prompts and pages by name.
    pub fn templates(&self) -> &crate::Templates {
        &self.templates
    }
}

/// Where progress is shown: a terminal, a log, nowhere. Called by jobs at the start of each stage.
pub trait Progress: Send + Sync {
    /// A stage with this name begins, of `total` units where that is known.
    fn start(&self, stage: &str, total: Option<u64>) -> Box<dyn ProgressStage>;

    /// So many more of `unit` ("tokens") are done, in whichever stages are running: see [`Context::count`]. Provided: not
    /// shown.
    fn count(&self, _unit: &str, _amount: u64) {}

    /// How things stand ("loss 0.52"), in place of what was said before: see [`Context::note`]. Provided: not shown.
    fn note(&self, _text: &str) {}
}

/// One stage that is running. Dropping it ends the stage.
pub trait ProgressStage: Send + Sync {
    /// This many more units are done.
    fn advance(&self, units: u64);
}

struct Silent;

impl Progress for Silent {
    fn start(&self, _stage: &str, _total: Option<u64>) -> Box<dyn ProgressStage> {
        Box::new(Silent)
    }
}

impl ProgressStage for Silent {
    fn advance(&self, _units: u64) {}
}
