//! A tokenizer from `tokenizer.json`.

use tokenizers::{DecoderWrapper, ModelWrapper};

use super::literal::Literal;
use super::{Tokenizer, TokenizerConfig, TokenizerError, beginning};

impl Tokenizer {
    /// The tokenizer in the bytes of a `tokenizer.json` called `file` in messages.
    pub(crate) fn from_json(file: &str, json: &[u8], config: &TokenizerConfig) -> Result<Self, TokenizerError> {
        let damaged = |message: String| TokenizerError::Damaged { file: file.to_owned(), message };
        let mut tokenizer = tokenizers::Tokenizer::from_bytes(json).map_err(|error| damaged(error.to_string()))?;
        // Whoever saved it may have left these on: they cut texts, lengthen them, or draw their tokens by lot.
        tokenizer.with_truncation(None).map_err(|error| damaged(error.to_string()))?;
        tokenizer.with_padding(None);
        if let ModelWrapper::BPE(model) = tokenizer.get_model()
            && model.dropout.is_some()
        {
            let mut model = model.clone();
            model.dropout = None;
            tokenizer.with_model(model);
        }
        let find = |role, token: Option<&str>| {
            let Some(token) = token else { return Ok(None) };
            tokenizer.token_to_id(token).map(Some).ok_or_else(|| TokenizerError::NoSuchToken {
                file: config.file.clone(),
                role,
                token: token.to_owned(),
            })
        };
        let (bos, eos) = (find("BOS", config.bos_token())?, find("EOS", config.eos_token())?);
        let beginning = match (config.add_bos_token, bos) {
            (Some(true), Some(bos)) => vec![bos],
            (Some(true), None) => return Err(TokenizerError::NoBos { file: config.file.clone() }),
            (Some(false), bos) => {
                let mut tokens = beginning::of(&tokenizer, file)?;
                tokens.retain(|token| Some(*token) != bos);
                tokens
            }
            (None, _) => beginning::of(&tokenizer, file)?,
        };
        let size = tokenizer.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1);
        let kind = kind(&tokenizer).to_owned();
        let literal = Literal::of(&tokenizer);
        Ok(Self { tokenizer, literal, source: file.to_owned(), kind, bos, eos, beginning, size })
    }
}

fn kind(tokenizer: &tokenizers::Tokenizer) -> &'static str {
    match (tokenizer.get_model(), tokenizer.get_decoder()) {
        (ModelWrapper::BPE(_), Some(DecoderWrapper::ByteLevel(_))) => "byte-level BPE",
        (ModelWrapper::BPE(model), _) if model.byte_fallback => "BPE with byte fallback",
        (ModelWrapper::BPE(_), _) => "BPE",
        (ModelWrapper::Unigram(_), _) => "unigram",
        (ModelWrapper::WordPiece(_), _) => "WordPiece",
        (ModelWrapper::WordLevel(_), _) => "word level",
    }
}
