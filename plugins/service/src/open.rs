//! From a recipe to a service with its models loaded.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::Semaphore;
use touchstone::jobs::Prompts;
use touchstone::registry::Pluggable;
use touchstone::{Aggregator, AnswerExtractor, Context, Generator, PluginSpec, Registry, StepSplitter};

use crate::admission::Admission;
use crate::clock::since_1970;
use crate::log::Log;
use crate::metrics::Metrics;
use crate::recipe::{PromptForm, ServedSolver, ServedVerifier};
use crate::scheduler::Scheduler;
use crate::solving::{Asking, OpenSolver};
use crate::{Error, Key, Limits, Result, ServiceRecipe};

/// A verifier that is loaded, with its queue.
pub(crate) struct OpenVerifier {
    pub name: String,
    pub scheduler: Arc<Scheduler>,
    pub aggregator: PluginSpec<dyn Aggregator>,
}

/// Everything that requests share.
pub(crate) struct Service {
    /// Stops all work once it is cancelled.
    pub context: Context,
    pub verifiers: Vec<OpenVerifier>,
    pub solvers: Vec<Arc<OpenSolver>>,
    /// How many conversations are answered at a time.
    pub solving: Arc<Semaphore>,
    pub splitter: Arc<dyn StepSplitter>,
    pub extractor: Arc<dyn AnswerExtractor>,
    pub limits: Limits,
    pub admission: Admission,
    pub metrics: Metrics,
    pub key: Option<Key>,
    pub log: Log,
    /// In seconds since 1970.
    pub since: u64,
}

/// How a service is opened.
pub struct Opening<'a> {
    /// Plugins and prompts for the work. A service that ends cancels it, and with it what shares its cancellation.
    pub context: &'a Context,
    /// The folder that paths in plugins' settings are relative to.
    pub folder: &'a Path,
    /// The key that clients must send; none is needed where there is none.
    pub key: Option<Key>,
    /// Where requests are noted down.
    pub log: Log,
}

impl Service {
    /// Loads everything that the recipe names. `loading` shows progress and says when to give up.
    pub fn open(mut recipe: ServiceRecipe, opening: Opening<'_>, loading: &Context) -> Result<Self> {
        let Opening { context, folder, key, log } = opening;
        let registry = context.registry();
        if let Some(library) = recipe.plugins.iter().find(|library| !registry.has_library(library)) {
            let message =
                format!("the library {} is not loaded; whoever serves the recipe loads it first", library.display());
            return Err(Error::field("plugins", message));
        }
        recipe.resolve_settings(registry, folder);
        check(&recipe, registry)?;
        let metrics = Metrics::new();
        let limits = recipe.limits;
        let splitter: Arc<dyn StepSplitter> = made(registry, &recipe.splitter)?.into();
        let extractor: Arc<dyn AnswerExtractor> = made(registry, &recipe.extractor)?.into();
        let parts = Parts { context, loading, metrics: &metrics, splitter: &splitter, extractor: &extractor };
        let verifiers =
            recipe.verifiers.into_iter().map(|served| parts.verifier(served)).collect::<Result<Vec<_>>>()?;
        let mut generators = Generators::default();
        let solver = |served| parts.solver(served, &verifiers, &mut generators).map(Arc::new);
        let solvers = recipe.solvers.into_iter().map(solver).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            context: context.clone(),
            verifiers,
            solvers,
            solving: Arc::new(Semaphore::new(limits.solving.get().min(Semaphore::MAX_PERMITS))),
            splitter,
            extractor,
            admission: Admission::new(limits.queue.get(), metrics.clone()),
            limits,
            metrics,
            key,
            log,
            since: since_1970().as_secs(),
        })
    }
}

/// Checks every plugin that the recipe names, before anything is loaded.
fn check(recipe: &ServiceRecipe, registry: &Registry) -> Result<()> {
    fn at<K: Pluggable + ?Sized>(registry: &Registry, field: String, spec: &PluginSpec<K>) -> Result<()> {
        Ok(registry.check(spec).map_err(|error| touchstone::Error::from(error).at(field))?)
    }
    for (place, served) in recipe.verifiers.iter().enumerate() {
        at(registry, format!("verifiers.{place}.verifier"), &served.verifier)?;
        at(registry, format!("verifiers.{place}.aggregator"), &served.aggregator)?;
    }
    for (place, served) in recipe.solvers.iter().enumerate() {
        at(registry, format!("solvers.{place}.generator"), &served.generator)?;
        at(registry, format!("solvers.{place}.answers"), &served.answers)?;
        at(registry, format!("solvers.{place}.writing.sampler"), &served.writing.sampler)?;
        if let Some(aggregator) = &served.aggregator {
            at(registry, format!("solvers.{place}.aggregator"), aggregator)?;
        }
    }
    at(registry, "splitter".to_owned(), &recipe.splitter)?;
    at(registry, "extractor".to_owned(), &recipe.extractor)
}

/// The plugin that these settings name.
fn made<K: Pluggable + ?Sized>(registry: &Registry, spec: &PluginSpec<K>) -> touchstone::Result<Box<K::Made>> {
    Ok(registry.make(spec)?)
}

/// Generators that are open, by their settings.
#[derive(Default)]
struct Generators(Vec<(PluginSpec<dyn Generator>, Arc<dyn Generator>)>);

/// What everything is opened with.
struct Parts<'a> {
    context: &'a Context,
    loading: &'a Context,
    metrics: &'a Metrics,
    splitter: &'a Arc<dyn StepSplitter>,
    extractor: &'a Arc<dyn AnswerExtractor>,
}

impl Parts<'_> {
    fn verifier(&self, served: ServedVerifier) -> Result<OpenVerifier> {
        let ServedVerifier { name, verifier, aggregator, batch_cots, workers } = served;
        let settings = made(self.context.registry(), &verifier)?;
        let opened = settings.open(self.loading).map_err(|error| error.at(format!("verifier {name:?}")))?;
        let context = self.context.clone().with_progress(self.metrics.of_model(&name));
        let scheduler = Scheduler::new(&name, opened, context, batch_cots.get(), workers.get(), self.metrics.clone());
        Ok(OpenVerifier { name, scheduler: Arc::new(scheduler.map_err(Error::Runtime)?), aggregator })
    }

    fn solver(
        &self,
        served: ServedSolver,
        verifiers: &[OpenVerifier],
        generators: &mut Generators,
    ) -> Result<OpenSolver> {
        let registry = self.context.registry();
        let verifier = verifiers.iter().find(|open| served.verifier.as_ref() == Some(&open.name));
        let aggregator = served.aggregator.or_else(|| Some(verifier?.aggregator.clone()));
        let aggregator = aggregator.unwrap_or_else(|| PluginSpec::named("last"));
        let asking = match served.prompt {
            PromptForm::Messages => Asking::Messages(served.thinking),
            PromptForm::Solution => {
                let template = served.template.as_deref();
                Asking::Template(Box::new(Prompts::new(self.context, template, served.chat, served.thinking)?))
            }
        };
        let open = OpenSolver {
            generator: self
                .generator(served.generator, generators)
                .map_err(|error| error.at(format!("solver {:?}", served.name)))?,
            name: served.name,
            strategy: served.strategy,
            scheduler: verifier.map(|open| Arc::clone(&open.scheduler)),
            aggregator: made(registry, &aggregator)?,
            splitter: Arc::clone(self.splitter),
            extractor: Arc::clone(self.extractor),
            answers: made(registry, &served.answers)?,
            writing: served.writing,
            asking,
        };
        let place =
            |error: touchstone_search::Error| Error::field(format!("solver {:?}", open.name), error.to_string());
        open.check(self.context).map_err(place)?;
        Ok(open)
    }

    fn generator(
        &self,
        spec: PluginSpec<dyn Generator>,
        open: &mut Generators,
    ) -> touchstone::Result<Arc<dyn Generator>> {
        if let Some((_, known)) = open.0.iter().find(|(known, _)| *known == spec) {
            return Ok(Arc::clone(known));
        }
        let generator: Arc<dyn Generator> = made(self.context.registry(), &spec)?.open(self.loading)?.into();
        open.0.push((spec, Arc::clone(&generator)));
        Ok(generator)
    }
}
