//! The tokens that end a completion.

use serde::Deserialize;

use crate::source::{ModelFile, ModelFiles};
use crate::{Error, Model, Result};

/// What is read of `generation_config.json`.
#[derive(Debug, Deserialize)]
struct GenerationConfig {
    #[serde(default)]
    eos_token_id: Option<OneOrMany>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(u32),
    Many(Vec<u32>),
}

/// Names of tokens that end a turn, whatever the files say: a chat model whose config names the end of a text only would go on
/// with the user's next question. All of them are special tokens, which no text spells.
const TURN_ENDS: [&str; 5] = ["<|eot_id|>", "<|im_end|>", "<|eom_id|>", "<|end_of_text|>", "<|endoftext|>"];

/// Every token that ends a completion, each once: those that `generation_config.json`, the config and the tokenizer name, and
/// those of the known names that the tokenizer has.
pub(super) fn ends(files: &ModelFiles, model: &Model) -> Result<Vec<u32>> {
    let mut ends = model.decoder().config().eos.clone();
    ends.extend(model.tokenizer().eos());
    ends.extend(TURN_ENDS.iter().filter_map(|token| model.tokenizer().token_id(token)));
    if let ModelFiles::Safetensors(files) = files
        && let Some(file) = &files.generation_config
    {
        ends.extend(named(file)?);
    }
    ends.sort_unstable();
    ends.dedup();
    Ok(ends)
}

fn named(file: &ModelFile) -> Result<Vec<u32>> {
    let bytes = file.read().map_err(Error::from)?;
    let config: GenerationConfig = serde_json::from_slice(&bytes).map_err(|error| Error::Config {
        origin: file.to_string(),
        message: format!(
            "the tokens that end a text cannot be read: {error}; eos_token_id is a number or a list of them"
        ),
    })?;
    Ok(match config.eos_token_id {
        Some(OneOrMany::One(token)) => vec![token],
        Some(OneOrMany::Many(tokens)) => tokens,
        None => Vec::new(),
    })
}
