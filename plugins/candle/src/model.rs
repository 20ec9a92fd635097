//! A model that is ready to be asked: decoder, tokenizer and chat template together.

use std::path::Path;

use touchstone::Context;

use crate::chat::ChatTemplate;
use crate::compute::Compute;
use crate::decoder::Decoder;
use crate::source::{ModelFile, ModelFiles, ModelLocation, SafetensorsModel, SourceError};
use crate::tokenizer::Tokenizer;
use crate::{Result, adapter, weights};

/// A model with everything that belongs to it.
#[derive(Debug)]
pub struct Model {
    decoder: Decoder,
    tokenizer: Tokenizer,
    chat: Option<ChatTemplate>,
}

impl Model {
    /// Finds and loads a model, with a LoRA adapter if one is given. Either may be on the hub.
    ///
    /// # Errors
    /// What is wrong with the files of the model or the adapter, or with the device.
    pub fn open(
        model: &ModelLocation,
        adapter: Option<&ModelLocation>,
        compute: &Compute,
        context: &Context,
    ) -> Result<Self> {
        let settings = compute.load_settings()?;
        let files = model.model_files(context)?;
        let tokenizer = Tokenizer::open(&files)?;
        let chat = ChatTemplate::open(&files, &tokenizer)?;
        let decoder = match adapter {
            None => Decoder::load(&weights_of(&files)?, &settings)?,
            Some(adapter) => Decoder::load_adapted(&weights_of(&files)?, &adapter_of(adapter, context)?, &settings)?,
        };
        tokenizer.check_embedding(decoder.config().vocabulary)?;
        Ok(Self { decoder, tokenizer, chat })
    }

    /// The decoder.
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The chat template, if the model has one.
    pub fn chat(&self) -> Option<&ChatTemplate> {
        self.chat.as_ref()
    }
}

/// The files that a decoder is loaded from.
fn weights_of(files: &ModelFiles) -> Result<weights::ModelFiles> {
    Ok(match files {
        ModelFiles::Gguf(header) => weights::ModelFiles::Gguf(header.path().to_owned()),
        ModelFiles::Safetensors(SafetensorsModel { config, weights, .. }) => match (config, &weights[..]) {
            (ModelFile::OnDisk(config), weights) => {
                let on_disk = |file: &ModelFile| match file {
                    ModelFile::OnDisk(path) => Ok(path.clone()),
                    ModelFile::Embedded { name, .. } => Err(SourceError::NotAModel { place: name.clone() }),
                };
                let weights = weights.iter().map(on_disk).collect::<Result<_, _>>()?;
                weights::ModelFiles::Files { config: config.clone(), weights }
            }
            (ModelFile::Embedded { name, bytes }, [ModelFile::Embedded { bytes: weights, .. }]) => {
                weights::ModelFiles::Embedded { config: text(name, bytes)?, weights }
            }
            (ModelFile::Embedded { name, .. }, _) => return Err(SourceError::NotAModel { place: name.clone() }.into()),
        },
    })
}

/// The files of an adapter.
fn adapter_of(location: &ModelLocation, context: &Context) -> Result<adapter::AdapterFiles> {
    let files = location.adapter_files(context)?;
    Ok(match (files.config, files.weights) {
        (ModelFile::OnDisk(config), _) => adapter::AdapterFiles::Folder(folder_of(&config)),
        (ModelFile::Embedded { name, bytes }, ModelFile::Embedded { bytes: weights, .. }) => {
            adapter::AdapterFiles::Embedded { config: text(&name, bytes)?, weights }
        }
        (ModelFile::Embedded { name, .. }, _) => return Err(SourceError::NotAnAdapter { place: name }.into()),
    })
}

fn folder_of(file: &Path) -> std::path::PathBuf {
    file.parent().unwrap_or(Path::new("")).to_owned()
}

fn text(name: &str, bytes: &'static [u8]) -> Result<&'static str> {
    std::str::from_utf8(bytes).map_err(|_| SourceError::NotAModel { place: name.to_owned() }.into())
}
