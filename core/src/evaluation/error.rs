//! What may go wrong in an evaluation.

/// An evaluation cannot be made of what it was given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// A setting has no sensible meaning.
    #[error("the evaluation setting {field} is wrong: {message}")]
    Setting {
        /// The setting.
        field: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
}
