//! What may be wrong with a chat template.

/// A chat template cannot be read or rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChatTemplateError {
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
