//! The files of an adapter in PEFT's layout.

use touchstone::Context;

use super::embedded::EmbeddedModel;
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

impl AdapterFiles {
    /// The same files as the decoder asks for them.
    ///
    /// # Errors
    /// [`SourceError::NotAnAdapter`] if an embedded adapter's configuration is no text.
    pub fn for_decoder(&self) -> Result<crate::adapter::AdapterFiles, SourceError> {
        use crate::adapter::AdapterFiles as Decoder;
        match (&self.config, &self.weights) {
            // Both lie in one folder, also those from the hub.
            (ModelFile::OnDisk(config), _) => Ok(Decoder::Folder(config.parent().unwrap_or(config).to_owned())),
            (ModelFile::Embedded { name, bytes }, ModelFile::Embedded { bytes: weights, .. }) => {
                let wrong = |_| SourceError::NotAnAdapter { place: name.clone() };
                Ok(Decoder::Embedded { config: std::str::from_utf8(bytes).map_err(wrong)?, weights })
            }
            (ModelFile::Embedded { name, .. }, _) => Err(SourceError::NotAnAdapter { place: name.clone() }),
        }
    }
}

impl ModelLocation {
    /// Whether an adapter lies here, and no model.
    pub fn is_adapter(&self) -> bool {
        let has = |name| match self {
            Self::Path(folder) => folder.join(name).is_file(),
            Self::Embedded(model) => EmbeddedModel::named(model).is_ok_and(|model| model.file(name).is_some()),
            Self::Hub { .. } => false,
        };
        has(CONFIG) && !has("config.json")
    }

    /// The adapters that lie in the folders of a local model's folder, in the order of their names.
    pub fn adapters_within(&self) -> Vec<Self> {
        let Self::Path(folder) = self else { return Vec::new() };
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut found: Vec<Self> = entries.map(|entry| Self::Path(entry.path())).filter(Self::is_adapter).collect();
        found.sort_by_key(ToString::to_string);
        found
    }

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
