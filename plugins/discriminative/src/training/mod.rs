//! What dORM and dPRM are trained on: rows of a training set as tokens with labels at tags.
//!
//! ```text
//!  row ──LabelRule──▶ steps that are read, labels of some ──StepExamples──▶ tokens with labelled positions ──▶ Trainer
//! ```
//! The two models differ in their [`LabelRule`] alone. Another rule is one implementation of that trait:
//!
//! ```
//! use touchstone::data::TrainingRow;
//! use touchstone_discriminative::training::{LabelRule, OutcomeLabels, StepLabels};
//!
//! /// The outcome of CoTs from which an answer was read; the others train nothing.
//! struct AnsweredOnly;
//!
//! impl LabelRule for AnsweredOnly {
//!     fn labels(&self, row: &TrainingRow) -> Option<StepLabels> {
//!         row.cot.answer.as_ref()?;
//!         OutcomeLabels.labels(row)
//!     }
//! }
//! ```

mod examples;
mod labels;

pub use examples::StepExamples;
pub use labels::{EveryStep, LabelRule, OutcomeLabels, ProcessLabels, StepLabels, label_rule};
