//! From rewards to accuracies: the paper's evaluation protocol, and what it lacks.

pub mod document;
mod error;
mod settings;

pub use document::Evaluation;
pub use error::EvaluationError;
pub use settings::Settings;
