//! From rewards to accuracies: the paper's evaluation protocol, and what it lacks.
//!
//! [`Questions`] hold a test set: its CoTs' answers become small numbers as rows are pushed, and texts are let go. A
//! [`Method`] holds reward sets, aggregated to one value a CoT as rows are pushed. [`evaluate`] then
//! 1. matches rewards with CoTs by their ids, and says or counts what is missing;
//! 2. draws: in each run and for each N some CoTs of every question, exactly as the published code draws them, and lets
//!    majority vote, Best-of-N, weighted vote and Pass@N choose among them ([`PublishedTables`] is what comes of it, equal
//!    to the published code's files byte for byte);
//! 3. computes what those draws estimate: the exact expectation over all subsets of N CoTs, for all but the weighted vote;
//! 4. resamples the questions, within their categories: 95 % bootstrap intervals (percentiles) and the p-values of paired
//!    sign-flip tests, of method against method;
//! 5. looks at the values themselves: AUROC, Brier score, calibration error, accuracy by length, first wrong steps.
//!
//! The overall accuracy is the mean of the categories' accuracies, as published, so each category counts the same; the
//! expectation, the intervals and the comparisons follow it. Calibration, lengths and first errors pool CoTs.
//!
//! Everything is reproducible: the result depends neither on the number of threads nor on the order of a reward file, and
//! all randomness comes from [`Settings::seed`].
//!
//! ```
//! use touchstone::answer::MultipleChoice;
//! use touchstone::evaluation::{CotRecord, CotRewards, Method, QuestionRecord, Questions, RewardRecord, Settings, evaluate};
//! use touchstone::{Aggregator, Category, Context, CotId, PluginSpec, Registry, Rewards};
//!
//! struct Last;
//! impl Aggregator for Last {
//!     fn aggregate(&self, rewards: &[Option<f64>]) -> touchstone::Result<f64> {
//!         Ok(rewards.last().copied().flatten().unwrap_or(0.5))
//!     }
//! }
//!
//! # fn main() -> touchstone::Result<()> {
//! let law = Category::new("law");
//! let cot = |id, answer: &str| CotRecord { id: CotId(id), answer: Some(answer.into()), steps: 2, step_labels: None };
//! let mut questions = Questions::new("my-set", Box::new(MultipleChoice {}));
//! questions.push(&law, QuestionRecord { id: "q1".into(), gold: "C".into(), cots: vec![cot(0, "C"), cot(1, "A")] })?;
//!
//! let rewards = |id, last| Rewards::new(vec![Some(0.5), Some(last)]).map(|rewards| CotRewards { id: CotId(id), rewards });
//! let mut method = Method::new("mine", PluginSpec::named("last"), Box::new(Last));
//! let row = RewardRecord { id: "q1".into(), cots: vec![rewards(1, 0.2)?, rewards(0, 0.9)?] };
//! method.replicate("my-rewards").push(&law, row)?;
//!
//! let outcome = evaluate(&Context::new(Registry::builtin()), &questions, &[method], &Settings::default())?;
//! assert!(outcome.published[0].best_of_n_csv().contains("16,mine,100.0,100.0,0.0,0.0"));
//! # Ok(())
//! # }
//! ```

mod accuracy;
mod bootstrap;
mod by_length;
mod calibration;
mod comparison;
mod completeness;
pub mod document;
mod draw;
mod error;
mod evaluate;
mod exact;
mod first_error;
mod matching;
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
