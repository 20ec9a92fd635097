//! Text to tokens and back.
//!
//! A tokenizer comes from `tokenizer.json`, or is built from a GGUF's metadata. Whichever it is, the same text gives the
//! same tokens as in the program that the model was trained with; settings in the file that would change that from one
//! run to the next, or cut a text without a word (truncation, padding, dropout), are switched off.

mod beginning;
mod config;
mod error;
mod gguf;
mod json;
mod literal;
mod pre_tokenizer;

use touchstone::Context;

use crate::source::{ModelFiles, ModelLocation};

pub(crate) use self::config::{ChatTemplates, TokenizerConfig};
pub use self::error::TokenizerError;
use self::literal::Literal;
pub use self::literal::LocatedTokens;

/// Whether a text begins a sequence or continues one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialTokens {
    /// It begins a sequence: what the tokenizer puts before every text (a BOS, where it adds one) is added, unless the text
    /// begins with it already, as rendered chat templates may do.
    Add,
    /// It continues a sequence: nothing is added.
    Omit,
}

/// A model's tokenizer.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    tokenizer: tokenizers::Tokenizer,
    literal: Literal,
    /// Where it comes from, for messages.
    source: String,
    kind: String,
    bos: Option<u32>,
    eos: Option<u32>,
    /// What is put before every text.
    beginning: Vec<u32>,
    /// One more than the largest id.
    size: usize,
}

impl Tokenizer {
    /// The tokenizer of a model.
    ///
    /// # Errors
    /// [`TokenizerError`] if a file cannot be read, is damaged, or holds a tokenizer that is not known.
    pub fn open(files: &ModelFiles) -> Result<Self, TokenizerError> {
        match files {
            ModelFiles::Gguf(header) => Self::from_gguf(&header.metadata()),
            ModelFiles::Safetensors(model) => {
                let config = model.tokenizer_config.as_ref().map(TokenizerConfig::read).transpose()?;
                Self::from_json(&model.tokenizer.to_string(), &model.tokenizer.read()?, &config.unwrap_or_default())
            }
        }
    }

    /// The tokenizer at this place: of a model, or a `tokenizer.json` alone, or a folder that holds one. Weights are neither read
    /// nor fetched, but for a GGUF, which has its tokenizer in the same file.
    ///
    /// # Errors
    /// As [`open`](Self::open), and what finding the files gives.
    pub fn locate(context: &Context, location: &ModelLocation) -> Result<Self, TokenizerError> {
        let Some((tokenizer, config)) = location.tokenizer_files(context)? else {
            return Self::open(&location.model_files(context)?);
        };
        let config = config.as_ref().map(TokenizerConfig::read).transpose()?;
        Self::from_json(&tokenizer.to_string(), &tokenizer.read()?, &config.unwrap_or_default())
    }

    /// The tokens of a text.
    ///
    /// # Errors
    /// [`TokenizerError::Encode`] if the vocabulary cannot express the text, which no byte-level vocabulary does.
    pub fn encode(&self, text: &str, special: SpecialTokens) -> Result<Vec<u32>, TokenizerError> {
        let encoding = self
            .tokenizer
            .encode_fast(text, false)
            .map_err(|error| TokenizerError::Encode { file: self.source.clone(), message: error.to_string() })?;
        let ids = encoding.get_ids();
        Ok(match special {
            SpecialTokens::Add if !ids.starts_with(&self.beginning) => [&self.beginning, ids].concat(),
            SpecialTokens::Add | SpecialTokens::Omit => ids.to_vec(),
        })
    }

    /// The text of these tokens, without special tokens.
    ///
    /// # Errors
    /// [`TokenizerError::Decode`].
    pub fn decode(&self, tokens: &[u32]) -> Result<String, TokenizerError> {
        self.decoded(tokens, true)
    }

    /// The text of these tokens, with special tokens as they are written.
    ///
    /// # Errors
    /// [`TokenizerError::Decode`].
    pub fn decode_all(&self, tokens: &[u32]) -> Result<String, TokenizerError> {
        self.decoded(tokens, false)
    }

    fn decoded(&self, tokens: &[u32], skip_special: bool) -> Result<String, TokenizerError> {
        self.tokenizer
            .decode(tokens, skip_special)
            .map_err(|error| TokenizerError::Decode { file: self.source.clone(), message: error.to_string() })
    }

    /// The last token of a text that continues a sequence: by it a candidate such as `+` is read.
    ///
    /// # Errors
    /// [`TokenizerError::NoToken`] if the text has no token at all.
    pub fn last_token_of(&self, text: &str) -> Result<u32, TokenizerError> {
        self.encode(text, SpecialTokens::Omit)?
            .last()
            .copied()
            .ok_or_else(|| TokenizerError::NoToken { file: self.source.clone(), text: text.to_owned() })
    }

    /// The id of a token as it stands in the vocabulary, special ones included.
    pub fn token_id(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// A token as it stands in the vocabulary.
    pub fn token(&self, id: u32) -> Option<String> {
        self.tokenizer.id_to_token(id)
    }

    /// The token that begins a text, if the model has one.
    pub fn bos(&self) -> Option<u32> {
        self.bos
    }

    /// The token that ends a text or a turn, if the model has one.
    pub fn eos(&self) -> Option<u32> {
        self.eos
    }

    /// What [`SpecialTokens::Add`] puts before a text.
    pub fn beginning(&self) -> &[u32] {
        &self.beginning
    }

    /// Whether [`SpecialTokens::Add`] puts a BOS before a text.
    pub fn adds_bos(&self) -> bool {
        self.bos.is_some_and(|bos| self.beginning.contains(&bos))
    }

    /// How many rows an embedding needs for every token: one more than the largest id.
    pub fn vocabulary_size(&self) -> usize {
        self.size
    }

    /// What kind of tokenizer it is, in words.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Checks that a model's embedding of `rows` rows has one for every token. More rows than tokens are usual.
    ///
    /// # Errors
    /// [`TokenizerError::LargerThanEmbedding`].
    pub fn check_embedding(&self, rows: usize) -> Result<(), TokenizerError> {
        if self.size <= rows {
            return Ok(());
        }
        let largest = (self.size - 1) as u32;
        Err(TokenizerError::LargerThanEmbedding {
            file: self.source.clone(),
            size: self.size,
            rows,
            token: self.token(largest).unwrap_or_default(),
        })
    }
}
