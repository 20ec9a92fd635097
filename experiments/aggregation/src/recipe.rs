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
    /// The aggregators that are tried on every model.
    pub aggregators: Vec<PluginSpec<dyn Aggregator>>,
    /// The reward models.
    pub models: Vec<Model>,
    /// How values become accuracies.
    pub evaluate: evaluation::Settings,
    /// Where rewards are kept.
    pub work: PathBuf,
    /// Where the result goes.
    pub out: PathBuf,
}

/// A reward model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its name in tables.
    pub name: String,
    /// The verifier.
    pub verifier: PluginSpec<dyn Verifier>,
    /// The aggregator that the paper has for it.
    pub paper: PluginSpec<dyn Aggregator>,
    /// So many questions of each category; all where it is not given.
    pub questions: Option<NonZeroUsize>,
}

impl Model {
    /// The aggregators for this model: the paper's, then the others.
    pub fn aggregators(&self, all: &[PluginSpec<dyn Aggregator>]) -> Vec<PluginSpec<dyn Aggregator>> {
        let others = all.iter().filter(|other| **other != self.paper).cloned();
        std::iter::once(self.paper.clone()).chain(others).collect()
    }
}
