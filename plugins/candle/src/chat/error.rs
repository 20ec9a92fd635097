//! What may be wrong with a chat template.

use touchstone::chat::ChatTemplateError;

use crate::gguf::GgufError;
use crate::source::SourceError;
use crate::tokenizer::TokenizerError;

/// A chat template cannot be read or rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChatError {
    /// A file could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),

    /// `tokenizer_config.json` is damaged.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),

    /// The GGUF's metadata is damaged.
    #[error(transparent)]
    Gguf(#[from] GgufError),

    /// The template is no text.
    #[error("{file} is not UTF-8 text")]
    NotText {
        /// The file.
        file: String,
    },

    /// Several templates, and none is the one to take.
    #[error("{file} has several chat templates ({}) and none called \"default\"", names.join(", "))]
    NoDefault {
        /// The file.
        file: String,
        /// Their names.
        names: Vec<String>,
    },

    /// The template cannot be read or rendered.
    #[error(transparent)]
    Template(#[from] ChatTemplateError),
}
