//! The kinds of plugin.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{PluginSource, tagged};
use crate::{
    Aggregator, AnswerEquivalence, AnswerExtractor, Generator, GeneratorSettings, Result, Sampler, StepSplitter,
    Verifier, VerifierSettings,
};

/// What a plugin does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PluginKind {
    /// Gives rewards to CoTs.
    Verifier,
    /// Cuts a solution into steps.
    StepSplitter,
    /// Turns the rewards of a CoT into one value.
    Aggregator,
    /// Chooses the next token.
    Sampler,
    /// Completes prompts.
    Generator,
    /// Decides when two final answers are the same.
    AnswerEquivalence,
    /// Reads the final answer out of a solution.
    AnswerExtractor,
}

impl PluginKind {
    /// Every kind, in the order in which they are listed.
    pub const ALL: [Self; 7] = [
        Self::Verifier,
        Self::StepSplitter,
        Self::Aggregator,
        Self::Sampler,
        Self::Generator,
        Self::AnswerEquivalence,
        Self::AnswerExtractor,
    ];
}

impl fmt::Display for PluginKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Verifier => "verifier",
            Self::StepSplitter => "step splitter",
            Self::Aggregator => "aggregator",
            Self::Sampler => "sampler",
            Self::Generator => "generator",
            Self::AnswerEquivalence => "answer equivalence",
            Self::AnswerExtractor => "answer extractor",
        })
    }
}

/// A type that [`register!`](crate::register) gave a kind and a name, which are what a library exports it by.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no registered plugin",
    note = "give it its name beside its definition: `register!(Aggregator, \"name\", {Self});` (or another kind)"
)]
pub trait Registered {
    /// What it is.
    const KIND: PluginKind;
    /// Its name in recipes.
    const NAME: &'static str;
}

/// A plugin trait that the registry can make values of: `dyn Verifier`, `dyn Aggregator` and so on.
pub trait Pluggable: 'static {
    /// What making gives: the thing itself, or for verifiers and generators the settings to open it from.
    type Made: ?Sized + 'static;
    /// The kind.
    const KIND: PluginKind;
    #[doc(hidden)]
    fn from_builtin(tagged: Value) -> Result<Box<Self::Made>, serde_json::Error>;
    #[doc(hidden)]
    fn from_source(source: &dyn PluginSource, name: &str, settings: &Map<String, Value>) -> Result<Box<Self::Made>>;
}

macro_rules! pluggable {
    ($($kind:ident => $made:ident by $make:ident;)*) => {$(
        impl Pluggable for dyn $kind {
            type Made = dyn $made;
            const KIND: PluginKind = PluginKind::$kind;
            fn from_builtin(tagged: Value) -> Result<Box<dyn $made>, serde_json::Error> {
                serde_json::from_value::<Box<dyn tagged::$kind>>(tagged).map(|plugin| plugin.made())
            }
            fn from_source(
                source: &dyn PluginSource,
                name: &str,
                settings: &Map<String, Value>,
            ) -> Result<Box<dyn $made>> {
                source.$make(name, settings)
            }
        }
    )*};
}

pluggable! {
    Verifier => VerifierSettings by verifier;
    StepSplitter => StepSplitter by step_splitter;
    Aggregator => Aggregator by aggregator;
    Sampler => Sampler by sampler;
    Generator => GeneratorSettings by generator;
    AnswerEquivalence => AnswerEquivalence by answer_equivalence;
    AnswerExtractor => AnswerExtractor by answer_extractor;
}
