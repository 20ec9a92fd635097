//! Recipes: a whole experiment as data (YAML or TOML).

mod argument;
mod error;
mod read;

pub use error::RecipeError;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Aggregator, Category, PluginSpec, Verifier, evaluation};

/// The only recipe version there is.
pub const VERSION: u32 = 1;

/// A whole experiment: which data, which methods score it, how they are compared, where the results go.
///
/// ```
/// use touchstone::Recipe;
/// let recipe = Recipe::from_yaml(
///     "
/// version: 1
/// data: { path: data/test, categories: [law, math] }
/// methods:
///   - name: dORM
///     rewards: [rewards/dORM]
///     aggregator: { type: last }
/// out: results/first
/// ",
/// )?;
/// assert_eq!(recipe.evaluate.runs, 100);
/// # Ok::<(), touchstone::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The version of the recipe format: [`VERSION`].
    pub version: u32,
    /// Libraries of third-party plugins, which whoever runs the recipe loads first. A `study::Study` refuses a recipe whose
    /// libraries are not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<PathBuf>,
    /// The test set.
    pub data: Data,
    /// The methods that are compared; majority vote and Pass@N are always there.
    #[serde(default)]
    pub methods: Vec<Method>,
    /// How they are compared.
    #[serde(default)]
    pub evaluate: evaluation::Settings,
    /// The folder for rewards, tables, figures and the report.
    pub out: PathBuf,
    /// The folder that paths in plugins' settings are relative to: the recipe's own, where it was read from a file. Which
    /// settings are paths, the plugins' schemas tell, so a [`Study`](crate::study::Study), which has the plugins, resolves
    /// them.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// Which test set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// A file, a folder, or `hf://namespace/name@revision`.
    pub path: String,
    /// The categories to use; all of them where there are none named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    /// So many questions of each category, the first ones of its file; all of them where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub questions: Option<NonZeroUsize>,
}

/// One method: rewards, made here or elsewhere, and how they are aggregated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// The name in tables and figures, unlike that of any other method.
    pub name: String,
    /// The verifier that scores the test set. Exactly one of `verifier` and `rewards` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verifier: Option<PluginSpec<dyn Verifier>>,
    /// Whether what a generative verifier writes is kept, too: `{category}_rationales.jsonl` beside its rewards.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_rationales: bool,
    /// Where rewards made elsewhere lie: files, folders or `hf://` sets. Several are replicates of the method (the same
    /// model trained with other seeds, say).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rewards: Vec<String>,
    /// From the rewards of a CoT to its value.
    pub aggregator: PluginSpec<dyn Aggregator>,
}
