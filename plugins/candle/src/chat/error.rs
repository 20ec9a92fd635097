//! What may be wrong with a chat template.

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

    /// The template is no Jinja, or uses what is not known.
    #[error("the chat template {template} cannot be read: {problem}")]
    Syntax {
        /// Where it was found.
        template: String,
        /// What is wrong and in which line.
        problem: String,
    },

    /// The template itself refused the messages.
    #[error("the chat template {template} does not take these messages: {message}")]
    Refused {
        /// Where it was found.
        template: String,
        /// What it said.
        message: String,
    },

    /// The template failed.
    #[error("the chat template {template} failed: {problem}")]
    Render {
        /// Where it was found.
        template: String,
        /// What is wrong and in which line.
        problem: String,
    },
}

/// The line and what is wrong there, down to the innermost cause.
pub(super) fn problem(error: &minijinja::Error) -> String {
    let told = |error: &minijinja::Error| match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    let mut text = match error.line() {
        Some(line) => format!("line {line}: {}", told(error)),
        None => told(error),
    };
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text.push_str(&format!(": {inner}"));
        source = inner.source();
    }
    text
}
