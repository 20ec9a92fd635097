//! From rewards to accuracies: the paper's evaluation protocol, and what it lacks.

mod accuracy;
mod bootstrap;
mod by_length;
mod calibration;
mod comparison;
pub mod document;
mod draw;
mod error;
mod evaluate;
mod exact;
mod first_error;
mod matching;
mod mersenne_twister;
mod method;
mod protocol;
mod published;
mod python_float;
mod questions;
mod ranking;
mod rates;
mod resampling;
mod selection;
mod settings;

pub use document::Evaluation;
pub use error::{EvaluationError, Listing};
pub use evaluate::{Outcome, evaluate};
pub use method::{CotRewards, Method, Replicate, RewardRecord};
pub use published::PublishedTables;
pub use questions::{CotRecord, QuestionRecord, Questions};
pub use settings::Settings;

/// How tables call majority vote.
pub const MAJORITY_VOTE: &str = "MV";

/// How tables call Pass@N.
pub const PASS_AT_N: &str = "Pass@N";
