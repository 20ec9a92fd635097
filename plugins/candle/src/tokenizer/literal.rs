//! Texts that are data: nothing in them is a control token.

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

    /// A tokenizer that takes nothing in this text for a control token. Few texts hold one, and a second tokenizer costs memory,
    /// so there is one only once such a text has come.
    fn literal(&self, text: &str) -> &tokenizers::Tokenizer {
        if !self.control_tokens.iter().any(|token| text.contains(token.as_str())) {
            return &self.tokenizer;
        }
        self.literal.get_or_init(|| {
            let mut tokenizer = self.tokenizer.clone();
            tokenizer.set_encode_special_tokens(true);
            Box::new(tokenizer)
        })
    }

    fn encode_error(&self, error: tokenizers::Error) -> TokenizerError {
        TokenizerError::Encode { file: self.source.clone(), message: error.to_string() }
    }
}

/// The texts of a tokenizer's control tokens.
pub(super) fn control_tokens(tokenizer: &tokenizers::Tokenizer) -> Vec<String> {
    let tokens = tokenizer.get_added_tokens_decoder();
    let mut texts: Vec<String> = tokens.values().filter(|token| token.special).map(|token| token.content.clone()).collect();
    texts.sort();
    texts
}
