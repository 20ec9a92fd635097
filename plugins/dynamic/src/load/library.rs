//! The plugins of a loaded library, as the registry makes them.

use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};
use touchstone::registry::{Description, PluginSource};
use touchstone::{
    Aggregator, AnswerEquivalence, AnswerExtractor, Context, Error, Generator, GeneratorSettings, PluginKind, Registry,
    Result, Sampler, StepSplitter, Verifier, VerifierSettings,
};

use super::settings::SettingsSchema;
use crate::give::lend;
use crate::table::{Plugin, Text};
use crate::take::{
    Identity, Taken, TakenAggregator, TakenAnswers, TakenExtractor, TakenGenerator, TakenSampler, TakenSplitter,
    TakenVerifier,
};

/// A library: its plugins by kind and name.
pub(super) struct LoadedLibrary {
    plugins: Vec<Arc<LoadedPlugin>>,
}

impl LoadedLibrary {
    pub fn new(plugins: Vec<Arc<LoadedPlugin>>) -> Self {
        Self { plugins }
    }

    fn find(&self, kind: PluginKind, name: &str) -> Result<&Arc<LoadedPlugin>> {
        let is_it = |plugin: &&Arc<LoadedPlugin>| plugin.description.kind == kind && plugin.description.name == name;
        self.plugins.iter().find(is_it).ok_or_else(|| Error::plugin(name, format!("the library has no such {kind}")))
    }

    /// A plugin that needs no context, ready for use.
    fn make(&self, kind: PluginKind, name: &str, settings: &Map<String, Value>) -> Result<Taken> {
        static NONE: OnceLock<Context> = OnceLock::new();
        let plugin = self.find(kind, name)?;
        let settings = plugin.check(settings)?;
        plugin.open(&settings, NONE.get_or_init(|| Context::new(Registry::builtin())))
    }

    /// A plugin that is opened later, its settings checked now.
    fn later(&self, kind: PluginKind, name: &str, settings: &Map<String, Value>) -> Result<Later> {
        let plugin = self.find(kind, name)?;
        Ok(Later { settings: plugin.check(settings)?, plugin: Arc::clone(plugin) })
    }
}

impl PluginSource for LoadedLibrary {
    fn plugins(&self) -> Vec<Description> {
        self.plugins.iter().map(|plugin| plugin.description.clone()).collect()
    }

    fn check(&self, kind: PluginKind, name: &str, settings: &Map<String, Value>) -> Result<()> {
        self.find(kind, name)?.check(settings).map(drop)
    }

    fn verifier(&self, name: &str, settings: &Map<String, Value>) -> Result<Box<dyn VerifierSettings>> {
        Ok(Box::new(self.later(PluginKind::Verifier, name, settings)?))
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
        Ok(Box::new(self.later(PluginKind::Generator, name, settings)?))
    }
    fn answer_equivalence(&self, name: &str, settings: &Map<String, Value>) -> Result<Box<dyn AnswerEquivalence>> {
        Ok(Box::new(TakenAnswers(self.make(PluginKind::AnswerEquivalence, name, settings)?)))
    }
    fn answer_extractor(&self, name: &str, settings: &Map<String, Value>) -> Result<Box<dyn AnswerExtractor>> {
        Ok(Box::new(TakenExtractor(self.make(PluginKind::AnswerExtractor, name, settings)?)))
    }
}

/// One plugin of a library.
pub(super) struct LoadedPlugin {
    description: Description,
    schema: SettingsSchema,
    plugin: NonNull<Plugin>,
    identity: Arc<Identity>,
}

// SAFETY: the contract lets a plugin's functions be called from any thread, and `Identity::call` keeps calls apart where
// the plugin asks for it. The table is never changed.
unsafe impl Send for LoadedPlugin {}
// SAFETY: as above.
unsafe impl Sync for LoadedPlugin {}

impl LoadedPlugin {
    /// # Safety
    /// The plugin must keep the contract and be valid for ever.
    pub unsafe fn new(
        description: Description,
        schema: SettingsSchema,
        plugin: NonNull<Plugin>,
        identity: Arc<Identity>,
    ) -> Self {
        Self { description, schema, plugin, identity }
    }

    /// Whether the other one has the kind and name of this one, which in recipes mean one plugin.
    pub fn is_called(&self, other: &Self) -> bool {
        (self.description.kind, &self.description.name) == (other.description.kind, &other.description.name)
    }

    fn table(&self) -> &Plugin {
        // SAFETY: `new`'s caller vouches for it.
        unsafe { self.plugin.as_ref() }
    }

    /// Checks settings by the schema, then by the plugin's own word; gives them as they cross.
    fn check(&self, settings: &Map<String, Value>) -> Result<String> {
        let value = Value::Object(settings.clone());
        self.schema.check(&value).map_err(|message| Error::plugin(&self.description.name, message))?;
        let text = value.to_string();
        if let Some(check) = self.table().check {
            self.identity.call("check", None, |failure| {
                // SAFETY: by the contract; the text and the sink outlive the call.
                unsafe { check(self.plugin.as_ptr(), Text::of(&text), failure) }
            })?;
        }
        Ok(text)
    }

    fn open(&self, settings: &str, context: &Context) -> Result<Taken> {
        let mut instance = std::ptr::null_mut();
        if let Some(open) = self.table().open {
            let lent = lend(context);
            self.identity.call("open", Some(context), |failure| {
                // SAFETY: by the contract; the context, the text, the instance's place and the sink outlive the call.
                unsafe { open(self.plugin.as_ptr(), Text::of(settings), lent.table(), &raw mut instance, failure) }
            })?;
        }
        // SAFETY: the plugin is valid for ever, and it just opened the instance.
        Ok(unsafe { Taken::new(self.plugin, instance, Arc::clone(&self.identity)) })
    }
}

/// A verifier or generator that is not opened yet.
struct Later {
    plugin: Arc<LoadedPlugin>,
    settings: String,
}

impl VerifierSettings for Later {
    fn open(&self, context: &Context) -> Result<Box<dyn Verifier>> {
        Ok(Box::new(TakenVerifier::new(self.plugin.open(&self.settings, context)?)?))
    }
}

impl GeneratorSettings for Later {
    fn open(&self, context: &Context) -> Result<Box<dyn Generator>> {
        Ok(Box::new(TakenGenerator(self.plugin.open(&self.settings, context)?)))
    }
}
