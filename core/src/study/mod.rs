//! A recipe at work: score what has no rewards yet, evaluate, write the results.
//!
//! Every stage reads and writes plain files below the recipe's `out`, so each can be run alone:
//!
//! ```text
//! out/rewards/METHOD/{category}_reward.json   one set for each method that has a verifier
//! out/best_of_n.csv, out/weighted_vote.csv    the published layout (one pair for each replicate)
//! out/evaluation.json                         everything the evaluation found
//! out/run.json                                what all of this was made from: a second run has nothing to do
//! ```
//!
//! Figures and pages are made by the report plugin from `evaluation.json`.

mod evaluate;
mod record;
mod results;
mod score;

pub use record::Record;
pub use results::write_tables;

use std::path::PathBuf;

use crate::data::{Location, TestSet};
use crate::recipe::RecipeError;
use crate::{Context, Recipe, Result};

/// A recipe with its data opened and its plugins checked.
///
/// ```no_run
/// use touchstone::{Context, Recipe, Registry, study::Study};
///
/// let context = Context::new(Registry::builtin());
/// let study = Study::open(&context, Recipe::read("recipe.yaml".as_ref())?)?;
/// study.score()?;
/// let outcome = study.evaluate()?;
/// touchstone::study::write_tables(&outcome, &study.recipe().out)?;
/// # Ok::<(), touchstone::Error>(())
/// ```
pub struct Study {
    context: Context,
    recipe: Recipe,
    test_set: TestSet,
}

impl Study {
    /// Checks the recipe's plugins, then opens its test set; neither models nor reward files are touched yet.
    ///
    /// # Errors
    /// A library that the recipe names and the context's registry does not have; a plugin that does not exist or does not
    /// take its settings; a test set that is not there or lacks a category.
    pub fn open(context: &Context, mut recipe: Recipe) -> Result<Self> {
        if let Some(library) = recipe.plugins.iter().find(|library| !context.registry().has_library(library)) {
            let message = format!(
                "the library {} is not loaded: the program that opens the study loads the recipe's libraries into its \
                 registry first",
                library.display()
            );
            return Err(RecipeError::Field { field: "plugins".to_owned(), message }.into());
        }
        recipe.check_plugins(context.registry())?;
        recipe.resolve_settings(context.registry());
        let location: Location = recipe.data.path.parse()?;
        let test_set = TestSet::open_categories(&location, &recipe.data.categories)?.first(recipe.data.questions);
        Ok(Self { context: context.clone(), recipe, test_set })
    }

    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The context that the study works in.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The test set, with no more of it than the recipe takes.
    pub fn test_set(&self) -> &TestSet {
        &self.test_set
    }

    /// Where the reward sets of the recipe's method at `place` lie: made here below `out`, or where the recipe says.
    ///
    /// # Errors
    /// A location that cannot be read as one.
    pub fn reward_locations(&self, place: usize) -> Result<Vec<Location>> {
        let method = &self.recipe.methods[place];
        if method.verifier.is_some() {
            return Ok(vec![Location::Path(self.scored_folder(&method.name))]);
        }
        method.rewards.iter().map(|location| Ok(location.parse::<Location>()?)).collect()
    }

    fn scored_folder(&self, method: &str) -> PathBuf {
        // A method may be called anything; its folder keeps the characters that every file system takes.
        let safe: String =
            method.chars().map(|c| if c.is_alphanumeric() || "-_.+@ ".contains(c) { c } else { '_' }).collect();
        self.recipe.out.join("rewards").join(safe.trim_start_matches('.'))
    }
}
