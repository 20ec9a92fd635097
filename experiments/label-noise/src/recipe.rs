//! What `recipe.yaml` may say.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::Deserialize;
use touchstone::recipe::Data;
use touchstone::{Aggregator, PluginSpec, evaluation};
use touchstone_candle::training::TrainingSettings;

use crate::noise::Flipped;

/// The recipe; the comments of `recipe.yaml` say more.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The training set.
    pub train: Data,
    /// The test set.
    pub test: Data,
    /// Probabilities that a label is flipped.
    pub noise: Vec<f64>,
    /// Of the flips.
    pub seed: u64,
    /// The base model.
    pub base: String,
    /// What is trained on it.
    pub models: Vec<Model>,
    /// Rows of more tokens are left out.
    pub max_length: Option<NonZeroUsize>,
    /// The share of the questions that the loss is looked at on.
    pub held_out: f64,
    /// Steps between two looks.
    pub evaluate_every: NonZeroUsize,
    /// How adapters are trained.
    pub training: TrainingSettings,
    /// How values become accuracies.
    pub evaluate: evaluation::Settings,
    /// Take so many steps of each training and no more, and write the losses: a look at the beginning, without a result.
    pub steps: Option<usize>,
    /// Where adapters and rewards are kept.
    pub work: PathBuf,
    /// Where the result goes.
    pub out: PathBuf,
}

/// A reward model that is trained at each probability.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its name in tables.
    pub name: String,
    /// The verifier that reads it.
    pub verifier: String,
    /// Which steps are labelled: `outcome`, `first_error`, `every_step`.
    pub rule: String,
    /// What is flipped.
    pub flipped: Flipped,
    /// The aggregators that are tried on it.
    pub aggregators: Vec<PluginSpec<dyn Aggregator>>,
}
