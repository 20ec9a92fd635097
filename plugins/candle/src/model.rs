//! A model that is ready to be asked: decoder, tokenizer and chat template together.

use touchstone::Context;
use touchstone::chat::ChatTemplate;

use crate::Result;
use crate::chat::chat_template;
use crate::compute::Compute;
use crate::decoder::Decoder;
use crate::source::{ModelFiles, ModelLocation};
use crate::tokenizer::Tokenizer;

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
        let (tokenizer, chat) = Self::text(&files)?;
        let weights = files.for_decoder()?;
        let decoder = match adapter {
            None => Decoder::load(&weights, &settings)?,
            Some(adapter) => {
                Decoder::load_adapted(&weights, &adapter.adapter_files(context)?.for_decoder()?, &settings)?
            }
        };
        tokenizer.check_embedding(decoder.config().vocabulary)?;
        Ok(Self { decoder, tokenizer, chat })
    }

    /// The part of a model that deals with text alone: its tokenizer, and its chat template if it has one.
    ///
    /// # Errors
    /// What is wrong with their files.
    pub fn text(files: &ModelFiles) -> Result<(Tokenizer, Option<ChatTemplate>)> {
        let tokenizer = Tokenizer::open(files)?;
        let chat = chat_template(files, &tokenizer)?;
        Ok((tokenizer, chat))
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
