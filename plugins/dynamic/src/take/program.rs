//! The plugins of the program that loaded a library, as that library finds them.

use std::ptr::NonNull;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use touchstone::registry::{Description, PluginSource};
use touchstone::{
    Aggregator, AnswerEquivalence, AnswerExtractor, Context, Error, Generator, GeneratorSettings, PluginKind, Registry,
    Result, Sampler, StepSplitter, Verifier, VerifierSettings,
};

use super::{
    Identity, Lent, Taken, TakenAggregator, TakenAnswers, TakenExtractor, TakenGenerator, TakenSampler, TakenSplitter,
    TakenVerifier,
};
use crate::table::{self, Made, Text};
use crate::text::Kept;

/// Where the plugins of a program are, for errors.
const PLACE: &str = "the program that loaded this library";

/// The plugins of the program, found by name and made on its side.
#[derive(Clone)]
pub struct Program {
    context: Arc<Lent>,
    plugins: Arc<Vec<Description>>,
}

impl Program {
    /// The plugins of the program of this context whose names are not taken in `own`.
    pub(super) fn of(context: Arc<Lent>, own: &Registry) -> Result<Self> {
        let mut kept = Kept::default();
        let sink = kept.sink();
        let raw = context.table();
        if let Some(plugins) = raw.plugins {
            // SAFETY: it is the context's own function and data; the sink outlives the call.
            unsafe { plugins(raw.data, &sink) }
        }
        let mut plugins: Vec<Description> = read("plugins", kept)?;
        plugins.retain(|plugin| own.describe(plugin.kind, &plugin.name).is_err());
        Ok(Self { context, plugins: Arc::new(plugins) })
    }

    fn make(&self, kind: PluginKind, name: &str, settings: &Map<String, Value>) -> Result<Taken> {
        let identity = Arc::new(Identity::new(name, PLACE, table::ANY_THREAD));
        let settings = Value::Object(settings.clone()).to_string();
        let raw = self.context.table();
        let mut made = Made { plugin: std::ptr::null(), instance: std::ptr::null_mut() };
        identity.call("make", Some(&*self.context), |failure| match raw.make {
            // SAFETY: it is the context's own function and data; everything it is given outlives the call.
            Some(make) => unsafe {
                let kind = table::number_of(kind);
                make(raw.data, kind, Text::of(name), Text::of(&settings), &raw mut made, failure)
            },
            None => table::FAILED,
        })?;
        let plugin = NonNull::new(made.plugin.cast_mut())
            .ok_or_else(|| Error::plugin(name, format!("{PLACE} made it without functions")))?;
        // SAFETY: by the contract the functions stay valid, and the instance is handed over.
        Ok(unsafe { Taken::new(plugin, made.instance, identity) })
    }
}

/// What the program wrote about itself, as JSON.
pub(super) fn read<T: DeserializeOwned + Default>(what: &str, kept: Kept) -> Result<T> {
    let wrong = |message: String| Error::plugin(PLACE, format!("its list of {what} cannot be read: {message}"));
    match kept.text() {
        Ok(Some(text)) => serde_json::from_str(&text).map_err(|error| wrong(error.to_string())),
        Ok(None) => Ok(T::default()),
        Err(not_utf8) => Err(wrong(not_utf8.to_string())),
    }
}

impl PluginSource for Program {
    fn plugins(&self) -> Vec<Description> {
        self.plugins.to_vec()
    }

    fn verifier(&self, name: &str, settings: &Map<String, Value>) -> Result<Box<dyn VerifierSettings>> {
        Ok(Box::new(Later { program: self.clone(), name: name.to_owned(), settings: settings.clone() }))
    }
    fn step_splitter(&self, name: &str, settings: &Map<String, Value>) -> Result<Box<dyn StepSplitter>> {
        Ok(Box::new(TakenSplitter(self.make(PluginKind::StepSplitter, name, settings)?)))
    }
    fn aggregator(&self, name: &str, settings: &Map<String, Value>) -> Result<Box<dyn Aggregator>> {
        Ok(Box::new(TakenAggregator(self.make(PluginKind::Aggregator, name, settings)?)))
    }
    fn sampler(&self, name: &str, settings: &Map<String, Value>) -> Result<Box<dyn Sampler>> {
        Ok(Box::new(TakenSampler(self.make(PluginKind::Sampler, name, settings)?)))
    }
    fn generator(&self, name: &str, settings: &Map<String, Value>) -> Result<Box<dyn GeneratorSettings>> {
        Ok(Box::new(Later { program: self.clone(), name: name.to_owned(), settings: settings.clone() }))
    }
    fn answer_equivalence(&self, name: &str, settings: &Map<String, Value>) -> Result<Box<dyn AnswerEquivalence>> {
        Ok(Box::new(TakenAnswers(self.make(PluginKind::AnswerEquivalence, name, settings)?)))
    }
    fn answer_extractor(&self, name: &str, settings: &Map<String, Value>) -> Result<Box<dyn AnswerExtractor>> {
        Ok(Box::new(TakenExtractor(self.make(PluginKind::AnswerExtractor, name, settings)?)))
    }
}

/// A verifier or generator of the program that is not opened yet. It is opened with the context that the library's own
/// plugin was opened with.
struct Later {
    program: Program,
    name: String,
    settings: Map<String, Value>,
}

impl VerifierSettings for Later {
    fn open(&self, _context: &Context) -> Result<Box<dyn Verifier>> {
        let taken = self.program.make(PluginKind::Verifier, &self.name, &self.settings)?;
        Ok(Box::new(TakenVerifier::new(taken)?))
    }
}

impl GeneratorSettings for Later {
    fn open(&self, _context: &Context) -> Result<Box<dyn Generator>> {
        Ok(Box::new(TakenGenerator(self.program.make(PluginKind::Generator, &self.name, &self.settings)?)))
    }
}
