//! Plugins that are not linked in.

use serde_json::{Map, Value};

use super::{Description, PluginKind};
use crate::{
    Aggregator, AnswerEquivalence, AnswerExtractor, Error, GeneratorSettings, Result, Sampler, StepSplitter,
    VerifierSettings,
};

/// A loaded library of plugins. The registry asks it once for what it has, then to make plugins from settings whose field
/// names it has already checked against the plugin's schema. Each method is called only with names of its own kind, so a
/// source writes those of the kinds that it has.
pub trait PluginSource: Send + Sync {
    /// What the library holds.
    fn plugins(&self) -> Vec<Description>;

    /// Checks the settings of the plugin of this kind and name without making it. Provided: makes it, for a source to which
    /// that costs nothing.
    fn check(&self, kind: PluginKind, name: &str, settings: &Map<String, Value>) -> Result<()> {
        match kind {
            PluginKind::Verifier => self.verifier(name, settings).map(drop),
            PluginKind::StepSplitter => self.step_splitter(name, settings).map(drop),
            PluginKind::Aggregator => self.aggregator(name, settings).map(drop),
            PluginKind::Sampler => self.sampler(name, settings).map(drop),
            PluginKind::Generator => self.generator(name, settings).map(drop),
            PluginKind::AnswerEquivalence => self.answer_equivalence(name, settings).map(drop),
            PluginKind::AnswerExtractor => self.answer_extractor(name, settings).map(drop),
        }
    }

    /// The settings of the verifier `name`.
    fn verifier(&self, name: &str, _settings: &Map<String, Value>) -> Result<Box<dyn VerifierSettings>> {
        Err(absent(name))
    }
    /// The splitter `name`.
    fn step_splitter(&self, name: &str, _settings: &Map<String, Value>) -> Result<Box<dyn StepSplitter>> {
        Err(absent(name))
    }
    /// The aggregator `name`.
    fn aggregator(&self, name: &str, _settings: &Map<String, Value>) -> Result<Box<dyn Aggregator>> {
        Err(absent(name))
    }
    /// The sampler `name`.
    fn sampler(&self, name: &str, _settings: &Map<String, Value>) -> Result<Box<dyn Sampler>> {
        Err(absent(name))
    }
    /// The settings of the generator `name`.
    fn generator(&self, name: &str, _settings: &Map<String, Value>) -> Result<Box<dyn GeneratorSettings>> {
        Err(absent(name))
    }
    /// The answer equivalence `name`.
    fn answer_equivalence(&self, name: &str, _settings: &Map<String, Value>) -> Result<Box<dyn AnswerEquivalence>> {
        Err(absent(name))
    }
    /// The answer extractor `name`.
    fn answer_extractor(&self, name: &str, _settings: &Map<String, Value>) -> Result<Box<dyn AnswerExtractor>> {
        Err(absent(name))
    }
}

fn absent(name: &str) -> Error {
    Error::plugin(name, "its library lists the plugin but cannot make it")
}
