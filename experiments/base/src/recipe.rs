//! What the base model is made from, as `recipe.yaml` says it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;

/// A recipe; the file's comments say what its numbers mean.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The training set, relative to the recipe.
    pub data: PathBuf,
    /// Of the first weights, of the order of the questions and of what is held out.
    pub seed: u64,
    /// Entries of the vocabulary, special tokens included.
    pub vocabulary: usize,
    /// The model's sizes.
    pub model: Sizes,
    /// How it is trained.
    pub training: Training,
}

/// The sizes of a Llama-shaped model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    /// Values of a token between layers.
    pub hidden: usize,
    /// Layers.
    pub layers: usize,
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values.
    pub key_value_heads: usize,
    /// Values of a token inside the gated MLP.
    pub mlp: usize,
    /// Longest text, in tokens.
    pub context: usize,
}

/// How the model is trained.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Passes over the training questions.
    pub epochs: usize,
    /// Distinct tokens of a step.
    pub batch_tokens: usize,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// Part of the steps over which the rate rises.
    pub warm_up: f64,
    /// AdamW's decay of weights.
    pub weight_decay: f64,
    /// Largest norm of the gradient.
    pub clip: f64,
    /// Questions a category that are kept for the held-out loss.
    pub held_out: usize,
    /// Tokens of the longest text.
    pub longest: usize,
}

impl Recipe {
    /// Reads a recipe and makes its paths relative to its folder.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
        let mut recipe: Self =
            serde_saphyr::from_str(&text).with_context(|| format!("{} is no recipe", path.display()))?;
        recipe.data = path.parent().unwrap_or(Path::new("")).join(&recipe.data);
        Ok(recipe)
    }
}
