//! Which of a place's files are the weights.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::store::Store;
use super::{ModelFile, SourceError};

/// The weights of a model by the names of their files.
pub(super) enum Weights {
    /// One file, or all shards.
    Safetensors(Vec<ModelFile>),
    Gguf(ModelFile),
}

const SINGLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

#[derive(Deserialize)]
struct Index {
    weight_map: std::collections::HashMap<String, String>,
}

/// Finds the weights: safetensors before GGUF, as their tokenizer and configuration lie beside them.
pub(super) fn find(store: &Store<'_>) -> Result<Weights, SourceError> {
    if let Some(file) = store.find(SINGLE)? {
        return Ok(Weights::Safetensors(vec![file]));
    }
    if let Some(index) = store.find(INDEX)? {
        return shards(store, &index).map(Weights::Safetensors);
    }
    let ending = |ending: &str| {
        let names = store.names().iter().filter(|name| name.ends_with(ending));
        names.filter(|name| !name.starts_with("adapter_model")).cloned().collect::<Vec<_>>()
    };
    let safetensors = ending(".safetensors");
    if !safetensors.is_empty() {
        return Err(SourceError::Unnamed { place: store.place.clone(), files: safetensors });
    }
    if let Some(name) = only_gguf(store, ending(".gguf"))? {
        return require(store, &name).map(Weights::Gguf);
    }
    match store.names().iter().find(|name| is_pickle(name)) {
        Some(file) => Err(SourceError::Pickle { place: store.place.clone(), file: file.clone() }),
        None => Err(SourceError::NoWeights { place: store.place.clone() }),
    }
}

/// Whether a file of this name is written by Python's pickle.
pub(super) fn is_pickle(name: &str) -> bool {
    let ends = |ending| name.ends_with(ending);
    [".pt", ".pth", ".ckpt", ".pkl", ".pickle"].into_iter().any(ends)
        || (ends(".bin") && (name.starts_with("pytorch_model") || name.starts_with("adapter_model")))
}

/// Whether a file of this name is one part of several.
pub(super) fn is_part(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let digits = |text: &str| text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    stem.rsplit_once("-of-").is_some_and(|(before, total)| {
        digits(total) && before.rsplit_once('-').is_some_and(|(_, number)| digits(number))
    })
}

fn only_gguf(store: &Store<'_>, mut files: Vec<String>) -> Result<Option<String>, SourceError> {
    if files.len() < 2 {
        return Ok(files.pop());
    }
    let place = store.place.clone();
    if files.iter().all(|file| is_part(file)) {
        return Err(SourceError::SplitGguf { place });
    }
    Err(SourceError::SeveralGguf { place, files })
}

fn shards(store: &Store<'_>, index: &ModelFile) -> Result<Vec<ModelFile>, SourceError> {
    let wrong = |message: String| SourceError::Index { place: index.to_string(), message };
    let parsed: Index = serde_json::from_slice(&index.read()?).map_err(|error| wrong(error.to_string()))?;
    let names: BTreeSet<String> = parsed.weight_map.into_values().collect();
    if names.is_empty() {
        return Err(wrong("its weight_map is empty".to_owned()));
    }
    if let Some(shard) = names.iter().find(|name| !store.has(name)) {
        return Err(SourceError::MissingShard {
            place: store.place.clone(),
            index: INDEX.to_owned(),
            shard: shard.clone(),
        });
    }
    names.iter().map(|name| require(store, name)).collect()
}

fn require(store: &Store<'_>, name: &str) -> Result<ModelFile, SourceError> {
    store.find(name)?.ok_or_else(|| SourceError::NoWeights { place: store.place.clone() })
}
