//! What may be wrong with a discriminative verifier's settings.

use touchstone::chat::ChatTemplateError;
use touchstone_candle::tokenizer::TokenizerError;

/// The result of everything in this crate.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Every error of this crate. Each message says what was wrong and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text that must have tokens has none.
    #[error("the {what} {text:?} has no token under the model's tokenizer: set another one")]
    NoToken {
        /// The setting.
        what: &'static str,
        /// Its value.
        text: String,
    },

    /// The two candidates cannot be told apart.
    #[error(
        "the candidates {incorrect:?} and {correct:?} end in the same token, {token}: their logits would be equal; set others"
    )]
    SameCandidates {
        /// One candidate.
        incorrect: String,
        /// The other.
        correct: String,
        /// Their last token.
        token: u32,
    },

    /// The separator of steps is more than one token, or none.
    #[error(
        "{text:?} is {tokens} tokens and not one under the model's tokenizer: is this a model that was trained with it?"
    )]
    NotOneToken {
        /// The separator.
        text: String,
        /// How many tokens it is.
        tokens: usize,
    },

    /// A context that the model does not have.
    #[error("context_length is {wanted}, but the model was made for {context} tokens: set no more than that")]
    ContextTooLong {
        /// What was set.
        wanted: usize,
        /// The model's.
        context: usize,
    },

    /// The classification head is not of two classes.
    #[error(
        "the model has a classification head of {classes} classes; a process reward model of this kind has one of 2, wrong and \
         right"
    )]
    NotTwoClasses {
        /// How many it has; 0 where it has no such head.
        classes: usize,
    },

    /// A label rule that does not exist.
    #[error("there is no label rule {name:?}; there are: {known}")]
    LabelRule {
        /// What was asked for.
        name: String,
        /// Those that there are.
        known: String,
    },

    /// The model has no chat template.
    #[error(
        "the model has no chat template, and a process reward model of this kind reads a conversation: is it another kind?"
    )]
    NoTemplate,

    /// The chat template does not show what it was given.
    #[error("the model's chat template leaves out the {part} of the conversation, so no CoT can be laid out by it")]
    Template {
        /// What is missing.
        part: &'static str,
    },

    /// The model could not be loaded or failed at its work.
    #[error(transparent)]
    Model(#[from] Box<touchstone_candle::Error>),
}

impl From<touchstone_candle::Error> for Error {
    fn from(error: touchstone_candle::Error) -> Self {
        Self::Model(Box::new(error))
    }
}

impl From<ChatTemplateError> for Error {
    fn from(error: ChatTemplateError) -> Self {
        touchstone_candle::Error::from(touchstone_candle::chat::ChatError::from(error)).into()
    }
}

impl From<TokenizerError> for Error {
    fn from(error: TokenizerError) -> Self {
        touchstone_candle::Error::from(error).into()
    }
}

impl Error {
    /// As an error of the verifier of this name; a job that was stopped stays one.
    pub(crate) fn of(self, verifier: &str) -> touchstone::Error {
        match self {
            Self::Model(error) => error.of_plugin(verifier),
            error => touchstone::Error::plugin(verifier, error.to_string()),
        }
    }
}
