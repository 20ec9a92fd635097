//! Rewards that are scored once, and evaluated as often as an experiment likes.

use std::path::{Path, PathBuf};

use touchstone::evaluation::{Evaluation, Settings};
use touchstone::recipe::{Data, Method, VERSION};
use touchstone::study::Study;
use touchstone::{Aggregator, Context, PluginSpec, Recipe, Result, Verifier};

/// A test set, and the folder in which the rewards on it are kept.
#[derive(Clone)]
pub struct Bench {
    /// The plugins.
    pub context: Context,
    /// The test set.
    pub data: Data,
    /// Where rewards go: `WORK/rewards/NAME`. They are made again from the recipe, so nobody commits them.
    pub work: PathBuf,
    /// The folder that paths in plugins' settings are relative to.
    pub folder: PathBuf,
}

impl Bench {
    /// The rewards of this verifier under this name: where they lie, scored now unless they are there. A run that was
    /// killed goes on where it was, and rewards of another verifier or of other data are refused.
    ///
    /// # Errors
    /// What the test set, the verifier or the disk say.
    pub fn rewards(&self, name: &str, verifier: &PluginSpec<dyn Verifier>) -> Result<PathBuf> {
        let method = Method {
            name: name.to_owned(),
            verifier: Some(verifier.clone()),
            keep_rationales: false,
            rewards: Vec::new(),
            // Scoring never asks for it.
            aggregator: PluginSpec::named("last"),
        };
        Study::open(&self.context, self.recipe(vec![method], &Settings::default()))?.score()?;
        Ok(self.work.join("rewards").join(name))
    }

    /// Evaluates methods whose rewards are there.
    ///
    /// # Errors
    /// What is wrong with the test set, a reward set, a method or the settings.
    pub fn evaluate(&self, methods: Vec<Method>, settings: &Settings) -> Result<Evaluation> {
        Ok(Study::open(&self.context, self.recipe(methods, settings).check()?)?.evaluate()?.evaluation)
    }

    fn recipe(&self, methods: Vec<Method>, settings: &Settings) -> Recipe {
        Recipe {
            version: VERSION,
            plugins: Vec::new(),
            data: self.data.clone(),
            methods,
            evaluate: settings.clone(),
            out: self.work.clone(),
            folder: self.folder.clone(),
        }
    }
}

/// A method for each of these aggregators over the rewards of one verifier, each called `NAME AGGREGATOR`.
pub fn aggregated(name: &str, rewards: &Path, aggregators: &[PluginSpec<dyn Aggregator>]) -> Vec<Method> {
    let method = |aggregator: &PluginSpec<dyn Aggregator>| Method {
        name: format!("{name} {aggregator}"),
        verifier: None,
        keep_rationales: false,
        rewards: vec![rewards.to_string_lossy().into_owned()],
        aggregator: aggregator.clone(),
    };
    aggregators.iter().map(method).collect()
}
