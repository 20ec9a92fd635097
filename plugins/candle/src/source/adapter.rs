//! The files of an adapter in PEFT's layout.

use touchstone::Context;

use super::store::Store;
use super::weights::is_pickle;
use super::{ModelFile, ModelLocation, SourceError};

pub(super) const CONFIG: &str = "adapter_config.json";
const WEIGHTS: &str = "adapter_model.safetensors";

/// The files of an adapter in PEFT's layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterFiles {
    /// `adapter_config.json`.
    pub config: ModelFile,
    /// `adapter_model.safetensors`.
    pub weights: ModelFile,
}

impl ModelLocation {
    /// Finds the adapter's files, and fetches them where they are on the hub.
    ///
    /// # Errors
    /// [`SourceError`] if no adapter is there, or only one in a pickle file.
    pub fn adapter_files(&self, context: &Context) -> Result<AdapterFiles, SourceError> {
        match self {
            Self::Path(path) if !path.exists() => Err(SourceError::Absent { path: path.clone() }),
            Self::Path(path) if path.is_file() => Err(SourceError::NotAnAdapter { place: self.to_string() }),
            _ => self.with_store(context, of_store),
        }
    }
}

fn of_store(store: &Store<'_>) -> Result<AdapterFiles, SourceError> {
    if let (Some(config), Some(weights)) = (store.find(CONFIG)?, store.find(WEIGHTS)?) {
        return Ok(AdapterFiles { config, weights });
    }
    let place = store.place.clone();
    match store.names().iter().find(|name| name.starts_with("adapter_model") && is_pickle(name)) {
        Some(file) => Err(SourceError::Pickle { place, file: file.clone() }),
        None => Err(SourceError::NotAnAdapter { place }),
    }
}

/// The base that an adapter's configuration names, if it can be read.
pub(super) fn base_of(store: &Store<'_>) -> Result<Option<String>, SourceError> {
    let Some(config) = store.find(CONFIG)? else { return Ok(None) };
    let values: Option<serde_json::Value> = serde_json::from_slice(&config.read()?).ok();
    Ok(values.and_then(|values| Some(values.get("base_model_name_or_path")?.as_str()?.to_owned())))
}
