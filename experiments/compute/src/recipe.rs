//! What the experiment is made from.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::Deserialize;
use touchstone::recipe::Data;
use touchstone::{Aggregator, AnswerEquivalence, PluginSpec, Verifier};
use touchstone_candle::source::ModelLocation;
use touchstone_search::StrategySettings;

/// The recipe.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The test set whose CoTs are handed out.
    pub data: Data,
    /// Whose tokens are counted.
    pub tokenizer: ModelLocation,
    /// The reward models that strategies may go by.
    pub models: Vec<Model>,
    /// The strategies.
    pub strategies: Vec<Line>,
    /// The most solutions that a strategy may ask for, one number after the other.
    pub samples: Vec<NonZeroUsize>,
    /// When two answers are the same.
    pub answers: PluginSpec<dyn AnswerEquivalence>,
    /// In how many orders a question's CoTs are handed out.
    pub draws: u64,
    /// Where the orders begin.
    pub seed: u64,
    /// The folder for rewards.
    pub work: PathBuf,
    /// The folder for the result.
    pub out: PathBuf,
}

/// A reward model.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// The verifier.
    pub verifier: PluginSpec<dyn Verifier>,
    /// From the rewards of a CoT to its value.
    pub aggregator: PluginSpec<dyn Aggregator>,
}

/// A strategy: one line of the figure.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// The reward model that it goes by.
    #[serde(default)]
    pub model: Option<String>,
    /// The strategy, without its number of samples.
    strategy: serde_json::Value,
}

impl Line {
    /// The strategy with this number of samples.
    ///
    /// # Errors
    /// Where there is no such strategy, or it does not take these settings.
    pub fn strategy(&self, samples: NonZeroUsize) -> touchstone_search::Result<StrategySettings> {
        let mut settings = self.strategy.clone();
        settings["samples"] = samples.get().into();
        touchstone_search::read(&settings)
    }
}
