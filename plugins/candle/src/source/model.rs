//! The files of a model.

use std::path::Path;

use touchstone::Context;
use touchstone::hub::{Hub, HubSettings};

use super::embedded::EmbeddedModel;
use super::store::Store;
use super::weights::{self, Weights};
use super::{ModelFile, ModelLocation, SourceError};
use crate::gguf::GgufHeader;

/// The files of a model, all of them there.
#[derive(Debug)]
pub enum ModelFiles {
    /// The layout of the Hugging Face hub.
    Safetensors(SafetensorsModel),
    /// One file with everything: its header has been read, its weights have not.
    Gguf(GgufHeader),
}

/// A model in the layout of the Hugging Face hub.
#[derive(Clone, Debug)]
pub struct SafetensorsModel {
    /// `config.json`: the architecture and its sizes.
    pub config: ModelFile,
    /// The weights: one file, or all shards, in the order of their names.
    pub weights: Vec<ModelFile>,
    /// `tokenizer.json`.
    pub tokenizer: ModelFile,
    /// `tokenizer_config.json`: special tokens, and the chat template of older models.
    pub tokenizer_config: Option<ModelFile>,
    /// `chat_template.jinja`: the chat template of newer models.
    pub chat_template: Option<ModelFile>,
    /// `generation_config.json`: the tokens that end a generated text.
    pub generation_config: Option<ModelFile>,
}

impl ModelFiles {
    /// The same files as the decoder asks for them.
    ///
    /// # Errors
    /// [`SourceError`] if an embedded model is not in one file, or its configuration is no text.
    pub fn for_decoder(&self) -> Result<crate::weights::ModelFiles, SourceError> {
        use crate::weights::ModelFiles as Weights;
        let model = match self {
            Self::Gguf(header) => return Ok(Weights::Gguf(header.path().to_owned())),
            Self::Safetensors(model) => model,
        };
        match (&model.config, model.weights.as_slice()) {
            (ModelFile::OnDisk(config), weights) => {
                let on_disk = |file: &ModelFile| match file {
                    ModelFile::OnDisk(path) => Ok(path.clone()),
                    ModelFile::Embedded { name, .. } => Err(SourceError::NotAModel { place: name.clone() }),
                };
                let weights = weights.iter().map(on_disk).collect::<Result<_, _>>()?;
                Ok(Weights::Files { config: config.clone(), weights })
            }
            (ModelFile::Embedded { name, bytes }, [ModelFile::Embedded { bytes: weights, .. }]) => {
                let config = std::str::from_utf8(bytes).map_err(|_| SourceError::NotAModel { place: name.clone() })?;
                Ok(Weights::Embedded { config, weights })
            }
            (ModelFile::Embedded { name, .. }, _) => Err(SourceError::NotAModel { place: name.clone() }),
        }
    }
}

impl ModelLocation {
    /// Finds the model's files, and fetches those that are needed where they are on the hub.
    ///
    /// # Errors
    /// [`SourceError`] if there is no model, if part of it is missing, or if it has a form that is not read.
    pub fn model_files(&self, context: &Context) -> Result<ModelFiles, SourceError> {
        match self {
            Self::Path(path) if path.is_file() => single_file(path),
            Self::Path(path) if !path.exists() => Err(SourceError::Absent { path: path.clone() }),
            Self::Hub { reference, file: Some(file) } => {
                let hub = hub()?;
                let store = Store::repository(context, reference.to_string(), hub.model(reference)?);
                match store.find(file)? {
                    Some(ModelFile::OnDisk(path)) => single_file(&path),
                    _ => Err(SourceError::NotAModel { place: self.to_string() }),
                }
            }
            _ => self.with_store(context, of_store),
        }
    }

    /// The files of the model's tokenizer alone: `tokenizer.json`, and `tokenizer_config.json` where there is one. None where no
    /// `tokenizer.json` is there, as in a GGUF. Weights are not asked for.
    pub(crate) fn tokenizer_files(
        &self,
        context: &Context,
    ) -> Result<Option<(ModelFile, Option<ModelFile>)>, SourceError> {
        match self {
            Self::Path(path) if path.is_file() => {
                let is_json = path.extension().is_some_and(|extension| extension == "json");
                Ok(if is_json { Some((ModelFile::on_disk(path.clone())?, None)) } else { None })
            }
            Self::Path(path) if !path.exists() => Err(SourceError::Absent { path: path.clone() }),
            Self::Hub { file: Some(_), .. } => Ok(None),
            _ => self.with_store(context, |store| {
                let Some(tokenizer) = store.find("tokenizer.json")? else { return Ok(None) };
                Ok(Some((tokenizer, store.find("tokenizer_config.json")?)))
            }),
        }
    }

    /// Does something with the place of several files that this names.
    pub(super) fn with_store<T>(
        &self,
        context: &Context,
        act: impl FnOnce(&Store<'_>) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        match self {
            Self::Path(path) => act(&Store::folder(context, path)?),
            Self::Embedded(name) => act(&Store::embedded(context, EmbeddedModel::named(name)?)),
            Self::Hub { reference, .. } => {
                let hub = hub()?;
                let repository = hub.model(reference)?;
                act(&Store::repository(context, reference.to_string(), repository))
            }
        }
    }
}

fn hub() -> Result<Hub, SourceError> {
    Ok(Hub::new(HubSettings::from_environment(|name| std::env::var(name).ok()))?)
}

fn single_file(path: &Path) -> Result<ModelFiles, SourceError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let place = path.display().to_string();
    if weights::is_pickle(&name) {
        return Err(SourceError::Pickle { place, file: name.into_owned() });
    }
    if !name.ends_with(".gguf") {
        return Err(SourceError::NotAModel { place });
    }
    if weights::is_part(&name) {
        return Err(SourceError::SplitGguf { place });
    }
    gguf(&ModelFile::on_disk(path.to_owned())?)
}

fn gguf(file: &ModelFile) -> Result<ModelFiles, SourceError> {
    match file {
        ModelFile::OnDisk(path) => Ok(ModelFiles::Gguf(GgufHeader::read(path)?)),
        ModelFile::Embedded { name, .. } => Err(SourceError::NotAModel { place: name.clone() }),
    }
}

pub(super) fn of_store(store: &Store<'_>) -> Result<ModelFiles, SourceError> {
    let missing = |file, remedy| SourceError::Missing { place: store.place.clone(), file, remedy };
    let weights = match weights::find(store) {
        Ok(Weights::Gguf(file)) => return gguf(&file),
        Ok(Weights::Safetensors(files)) => files,
        Err(SourceError::NoWeights { .. } | SourceError::Pickle { .. })
            if store.has(super::adapter::CONFIG) && !store.has("config.json") =>
        {
            let base = super::adapter::base_of(store)?;
            return Err(SourceError::IsAdapter { place: store.place.clone(), base });
        }
        Err(error) => return Err(error),
    };
    let config =
        store.find("config.json")?.ok_or_else(|| missing("config.json", ": the sizes of the model are in it"))?;
    let tokenizer = store.find("tokenizer.json")?.ok_or_else(|| {
        missing(
            "tokenizer.json",
            if store.has("tokenizer.model") || store.has("vocab.json") {
                ": its tokenizer is in an older form; in Python, AutoTokenizer.from_pretrained(…).save_pretrained(…) writes it"
            } else {
                ": take it from the model that this one was made of"
            },
        )
    })?;
    Ok(ModelFiles::Safetensors(SafetensorsModel {
        config,
        weights,
        tokenizer,
        tokenizer_config: store.find("tokenizer_config.json")?,
        chat_template: store.find("chat_template.jinja")?,
        generation_config: store.find("generation_config.json")?,
    }))
}
