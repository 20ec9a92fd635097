//! What `recipe.yaml` may say.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::Deserialize;
use touchstone::recipe::Data;
use touchstone::{Aggregator, PluginSpec, Verifier, evaluation};

/// The recipe; the comments of `recipe.yaml` say more.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The test set.
    pub data: Data,
    /// The outcome reward model.
    pub outcome: Model,
    /// The process reward model, whose step errors are looked at.
    pub process: Model,
    /// Where groups of lengths begin in which errors of steps are measured, ascending.
    pub lengths: Vec<usize>,
    /// How many CoTs such a group needs.
    pub fewest: usize,
    /// How many bins rewards are divided into, to be held against outcomes.
    pub bins: NonZeroUsize,
    /// How values become accuracies.
    pub evaluate: evaluation::Settings,
    /// Where rewards are kept.
    pub work: PathBuf,
    /// Where the result goes.
    pub out: PathBuf,
}

/// A reward model, and the aggregators that are tried on it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its name in tables.
    pub name: String,
    /// The verifier.
    pub verifier: PluginSpec<dyn Verifier>,
    /// The aggregators.
    pub aggregators: Vec<PluginSpec<dyn Aggregator>>,
}
