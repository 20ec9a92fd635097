//! Texts that are data: nothing in them is a control token.

use std::sync::OnceLock;

use super::{SpecialTokens, Tokenizer, TokenizerError};

/// The tokens of a text and where they stand in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocatedTokens {
    /// The tokens.
    pub tokens: Vec<u32>,
    /// For each of them the byte of the text at which it begins; never falls. Tokens that make up one character together
    /// begin where it does.
    pub starts: Vec<usize>,
}

impl Tokenizer {
    /// The tokens of a text of which nothing is meant as a control token: `<|endoftext|>` in it is tokenised as the
    /// characters that it is, where [`encode`](Self::encode) and Hugging Face make it the token. Other texts have the same
    /// tokens either way.
    ///
    /// # Errors
    /// [`TokenizerError::Encode`] if the vocabulary cannot express the text.
    pub fn encode_literal(&self, text: &str, special: SpecialTokens) -> Result<Vec<u32>, TokenizerError> {
        let encoding = self.literal(text).encode_fast(text, false).map_err(|error| self.encode_error(error))?;
        let beginning = if special == SpecialTokens::Add { self.beginning() } else { &[] };
        Ok([beginning, encoding.get_ids()].concat())
    }

    /// As [`encode_literal`](Self::encode_literal) without special tokens, and tells where each token begins.
    ///
    /// # Errors
    /// [`TokenizerError::Encode`] if the vocabulary cannot express the text.
    pub fn locate_literal(&self, text: &str) -> Result<LocatedTokens, TokenizerError> {
        let encoding = self.literal(text).encode(text, false).map_err(|error| self.encode_error(error))?;
        let starts = encoding.get_offsets().iter().map(|(start, _)| *start).collect();
        Ok(LocatedTokens { tokens: encoding.get_ids().to_vec(), starts })
    }

    fn literal(&self, text: &str) -> &tokenizers::Tokenizer {
        self.literal.for_text(text, &self.tokenizer)
    }

    fn encode_error(&self, error: tokenizers::Error) -> TokenizerError {
        TokenizerError::Encode { file: self.source.clone(), message: error.to_string() }
    }
}

/// What is needed to read control tokens as text.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    /// The texts of the control tokens.
    control_tokens: Vec<String>,
    /// The tokenizer without them. It costs memory and few texts need it, so it is made when the first such text comes.
    tokenizer: OnceLock<Box<tokenizers::Tokenizer>>,
}

impl Literal {
    pub(super) fn of(tokenizer: &tokenizers::Tokenizer) -> Self {
        let tokens = tokenizer.get_added_tokens_decoder();
        let control_tokens = tokens.values().filter(|token| token.special).map(|token| token.content.clone());
        Self { control_tokens: control_tokens.collect(), tokenizer: OnceLock::new() }
    }

    /// A tokenizer that takes nothing in this text for a control token.
    fn for_text<'t>(&'t self, text: &str, usual: &'t tokenizers::Tokenizer) -> &'t tokenizers::Tokenizer {
        if !self.control_tokens.iter().any(|token| text.contains(token.as_str())) {
            return usual;
        }
        self.tokenizer.get_or_init(|| {
            let mut tokenizer = usual.clone();
            tokenizer.set_encode_special_tokens(true);
            Box::new(tokenizer)
        })
    }
}
