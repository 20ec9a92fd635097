//! What `recipe.yaml` may say.

use std::path::PathBuf;

use serde::Deserialize;

/// The recipe; the comments of `recipe.yaml` say more.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Studies, in the order in which they run: one may take the rewards of those before it.
    pub studies: Vec<Part>,
    /// The folder for what is kept of all of them.
    pub out: PathBuf,
}

/// One study.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The folder of its result.
    pub name: String,
    /// The heading of its tables.
    pub title: String,
    /// What is done.
    pub recipe: touchstone::Recipe,
}
