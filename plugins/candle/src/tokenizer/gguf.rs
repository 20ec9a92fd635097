//! A tokenizer from a GGUF's metadata.

use std::collections::HashMap;

use tokenizers::AddedToken;
use tokenizers::decoders::byte_level::ByteLevel;
use tokenizers::models::bpe::{BPE, Merges, Vocab};

use super::literal::Literal;
use super::pre_tokenizer::PreTokenizer;
use super::{Tokenizer, TokenizerError};
use crate::gguf::Metadata;

/// The kinds of token that GGUF files distinguish (`llama_token_type` of llama.cpp).
mod token_type {
    pub const UNKNOWN: u64 = 2;
    pub const CONTROL: u64 = 3;
    pub const USER_DEFINED: u64 = 4;
}

impl Tokenizer {
    /// The tokenizer that a GGUF's metadata describes: byte-level BPE with a known way to cut text into words.
    ///
    /// # Errors
    /// [`TokenizerError`] if entries are missing, contradict each other, or name something that is not known.
    pub fn from_gguf(metadata: &Metadata<'_>) -> Result<Self, TokenizerError> {
        let file = metadata.file().to_owned();
        let damaged = |message: String| TokenizerError::Damaged { file: file.clone(), message };
        let model = metadata.required("tokenizer.ggml.model", Metadata::text)?;
        if model != "gpt2" {
            return Err(TokenizerError::UnknownModel { file, model: model.to_owned() });
        }
        let pre_name = metadata.required("tokenizer.ggml.pre", Metadata::text)?;
        let pre = PreTokenizer::named(pre_name).ok_or_else(|| TokenizerError::UnknownPreTokenizer {
            file: file.clone(),
            name: pre_name.to_owned(),
            known: PreTokenizer::names(),
        })?;
        let tokens = metadata.required("tokenizer.ggml.tokens", Metadata::texts)?;
        let types = metadata.integers("tokenizer.ggml.token_type")?.unwrap_or_default();
        if !types.is_empty() && types.len() != tokens.len() {
            return Err(damaged(format!("{} tokens, but {} token types", tokens.len(), types.len())));
        }
        let is = |id: usize, kind: u64| types.get(id) == Some(&kind);

        let bpe = BPE::builder()
            .vocab_and_merges(vocabulary(&tokens).map_err(damaged)?, merges(metadata)?)
            .ignore_merges(pre.ignores_merges())
            .build()
            .map_err(|error| damaged(error.to_string()))?;
        let mut tokenizer = tokenizers::Tokenizer::new(bpe);
        let wrong = |error: tokenizers::Error| damaged(error.to_string());
        tokenizer.with_normalizer(pre.normalizer()).map_err(wrong)?;
        tokenizer.with_pre_tokenizer(Some(pre.build().map_err(wrong)?));
        tokenizer.with_decoder(Some(ByteLevel::default()));
        let added = tokens.iter().enumerate().filter_map(|(id, text)| {
            // Tokens that are marked as unused fill the embedding up; no text contains them.
            let special = is(id, token_type::CONTROL) || is(id, token_type::UNKNOWN);
            (special || is(id, token_type::USER_DEFINED))
                .then(|| AddedToken::from((*text).to_owned(), special).normalized(false))
        });
        tokenizer.add_tokens(added).map_err(wrong)?;

        let token = |key: &str| -> Result<Option<u32>, TokenizerError> {
            let Some(id) = metadata.integer(key)? else { return Ok(None) };
            if id as usize >= tokens.len() {
                return Err(damaged(format!("{key} is {id}, and there are {} tokens", tokens.len())));
            }
            Ok(Some(id as u32))
        };
        let bos = token("tokenizer.ggml.bos_token_id")?;
        let adds_bos = metadata.flag("tokenizer.ggml.add_bos_token")?.unwrap_or(pre.adds_bos());
        Ok(Self {
            beginning: match (adds_bos, bos) {
                (true, None) => return Err(TokenizerError::NoBos { file }),
                (true, Some(bos)) => vec![bos],
                (false, _) => Vec::new(),
            },
            bos,
            eos: token("tokenizer.ggml.eos_token_id")?,
            size: tokens.len(),
            kind: format!("byte-level BPE ({pre_name})"),
            source: file.clone(),
            literal: Literal::of(&tokenizer),
            tokenizer,
        })
    }
}

fn vocabulary(tokens: &[&str]) -> Result<Vocab, String> {
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(tokens.len());
    for (id, token) in tokens.iter().enumerate() {
        if let Some(earlier) = places.insert(token, id) {
            return Err(format!("the tokens {earlier} and {id} are both {token:?}"));
        }
    }
    Ok(places.into_iter().map(|(token, id)| (token.to_owned(), id as u32)).collect())
}

fn merges(metadata: &Metadata<'_>) -> Result<Merges, TokenizerError> {
    let pairs = metadata.required("tokenizer.ggml.merges", Metadata::texts)?;
    let split = |pair: &str| pair.split_once(' ').map(|(left, right)| (left.to_owned(), right.to_owned()));
    pairs
        .into_iter()
        .map(|pair| {
            split(pair).ok_or_else(|| TokenizerError::Damaged {
                file: metadata.file().to_owned(),
                message: format!("the merge {pair:?} is not two tokens with a space between them"),
            })
        })
        .collect()
}
