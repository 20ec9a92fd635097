//! The two tokens whose logits are weighed against each other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone_candle::reading::ReadingHead;
use touchstone_candle::tokenizer::{SpecialTokens, Tokenizer};

use crate::error::{Error, Result};

/// What a model says of a step: one of two texts. Each stands for its last token, encoded without special tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Candidates {
    /// Said of a wrong step; `-` unless told otherwise.
    pub incorrect: String,
    /// Said of a right one; `+` unless told otherwise. The reward is the softmax of the two logits at this one.
    pub correct: String,
}

impl Default for Candidates {
    fn default() -> Self {
        Self { incorrect: "-".to_owned(), correct: "+".to_owned() }
    }
}

impl Candidates {
    /// The two tokens' rows of the output head, the wrong one first.
    pub(crate) fn head(&self, tokenizer: &Tokenizer) -> Result<ReadingHead> {
        self.tokens(tokenizer).map(ReadingHead::Tokens)
    }

    /// The two tokens, the wrong one first.
    pub(crate) fn tokens(&self, tokenizer: &Tokenizer) -> Result<Vec<u32>> {
        let last = |text| last_token(tokenizer, "candidate", text);
        let tokens = vec![last(&self.incorrect)?, last(&self.correct)?];
        if tokens[0] == tokens[1] {
            let Self { incorrect, correct } = self.clone();
            return Err(Error::SameCandidates { incorrect, correct, token: tokens[0] });
        }
        Ok(tokens)
    }
}

/// The last token of a setting's text, read as plain characters: at a tag's the reward is read, a candidate's is weighed.
/// `what` names the setting where its text has no token.
pub(crate) fn last_token(tokenizer: &Tokenizer, what: &'static str, text: &str) -> Result<u32> {
    let tokens = tokenizer.encode_literal(text, SpecialTokens::Omit)?;
    tokens.last().copied().ok_or_else(|| Error::NoToken { what, text: text.to_owned() })
}
