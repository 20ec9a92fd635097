//! `tokenizer_config.json`: which tokens are special, and the chat template of older models.

use serde::Deserialize;

use super::TokenizerError;
use crate::source::ModelFile;

/// What is read of `tokenizer_config.json`.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct TokenizerConfig {
    /// Where it was read, for messages.
    #[serde(skip)]
    pub file: String,
    bos_token: Option<TokenText>,
    eos_token: Option<TokenText>,
    /// Whether a BOS is put before every text; the post-processor of `tokenizer.json` says so where this does not.
    pub add_bos_token: Option<bool>,
    /// A template, or several with names.
    pub chat_template: Option<ChatTemplates>,
}

/// A special token: its text, or a description that holds its text.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum TokenText {
    Text(String),
    Described { content: String },
}

/// The chat template, or several with names, of which one is called `default`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum ChatTemplates {
    One(String),
    Named(Vec<NamedTemplate>),
}

/// One of several chat templates.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct NamedTemplate {
    pub name: String,
    pub template: String,
}

impl TokenizerConfig {
    pub fn read(file: &ModelFile) -> Result<Self, TokenizerError> {
        Self::parse(&file.to_string(), &file.read()?)
    }

    pub fn parse(file: &str, json: &[u8]) -> Result<Self, TokenizerError> {
        let config = serde_json::from_slice(json)
            .map_err(|error| TokenizerError::Damaged { file: file.to_owned(), message: error.to_string() })?;
        Ok(Self { file: file.to_owned(), ..config })
    }

    pub fn bos_token(&self) -> Option<&str> {
        self.bos_token.as_ref().map(TokenText::text)
    }

    pub fn eos_token(&self) -> Option<&str> {
        self.eos_token.as_ref().map(TokenText::text)
    }
}

impl TokenText {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Described { content: text } => text,
        }
    }
}
