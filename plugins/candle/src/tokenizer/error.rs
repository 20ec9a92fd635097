//! What may be wrong with a tokenizer.

use crate::gguf::GgufError;
use crate::source::SourceError;

/// A tokenizer cannot be read or does not fit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenizerError {
    /// A file of it could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),

    /// The GGUF's metadata is incomplete.
    #[error(transparent)]
    Gguf(#[from] GgufError),

    /// The file is damaged, or of a form that the `tokenizers` library does not know.
    #[error("{file} is no tokenizer that can be read: {message}")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong.
        message: String,
    },

    /// A special token that the vocabulary does not have.
    #[error(
        "{file} names {token:?} as {role}, which the vocabulary does not have: tokenizer and configuration belong to different models"
    )]
    NoSuchToken {
        /// The file that names it.
        file: String,
        /// BOS or EOS.
        role: &'static str,
        /// The token.
        token: String,
    },

    /// A BOS is to be added, and none is named.
    #[error("{file} says that a BOS token is to be added, and names none")]
    NoBos {
        /// The file.
        file: String,
    },

    /// A kind of tokenizer in a GGUF that is not built here.
    #[error(
        "{file}: a tokenizer of the kind {model:?} cannot be built from a GGUF here, only \"gpt2\" (byte-level BPE): \
         take the model in safetensors with its tokenizer.json"
    )]
    UnknownModel {
        /// The file.
        file: String,
        /// `tokenizer.ggml.model`.
        model: String,
    },

    /// A way of cutting text into words that is not known.
    #[error(
        "{file}: the pre-tokenizer {name:?} is not known, so its tokens would be guesses; known are {}. Take the model in \
         safetensors with its tokenizer.json", known.join(", ")
    )]
    UnknownPreTokenizer {
        /// The file.
        file: String,
        /// `tokenizer.ggml.pre`.
        name: String,
        /// Those that are known.
        known: Vec<&'static str>,
    },

    /// More tokens than the model has rows for.
    #[error(
        "{file} has tokens up to {} ({token:?}), and the model's embedding has {rows} rows: tokenizer and weights belong to \
         different models", size - 1
    )]
    LargerThanEmbedding {
        /// The file.
        file: String,
        /// One more than the largest id.
        size: usize,
        /// The rows of the embedding.
        rows: usize,
        /// The token with the largest id.
        token: String,
    },

    /// A text without a token.
    #[error("{text:?} has no token in {file}: name a text that has one")]
    NoToken {
        /// The file.
        file: String,
        /// The text.
        text: String,
    },

    /// A text that cannot be encoded.
    #[error("{file}: a text could not be encoded: {message}")]
    Encode {
        /// The file.
        file: String,
        /// What the library said.
        message: String,
    },

    /// Tokens that cannot be decoded.
    #[error("{file}: tokens could not be decoded: {message}")]
    Decode {
        /// The file.
        file: String,
        /// What the library said.
        message: String,
    },
}
