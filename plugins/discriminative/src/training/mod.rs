//! What dORM and dPRM are trained on: rows of a training set as tokens with labels at tags.
//!
//! ```text
//!  row ──LabelRule──▶ steps that are read, labels of some ──StepExamples──▶ tokens with labelled positions ──▶ Trainer
//! ```
//! The two models differ in their [`LabelRule`] alone. Another rule is one implementation of that trait:
//!
//! ```
//! use touchstone::data::{Labels, TrainingRow};
//! use touchstone::Label;
//! use touchstone_discriminative::training::{LabelRule, StepLabels};
//!
//! /// Every step by its own label, also after the first error.
//! struct EveryStep;
//!
//! impl LabelRule for EveryStep {
//!     fn labels(&self, row: &TrainingRow) -> Option<StepLabels> {
//!         let Some(Labels::Steps(labels)) = &row.labels else { return None };
//!         let steps = labels.len().min(row.cot.steps.len());
//!         let labels = labels[..steps].iter().map(|label| *label != Label::Incorrect);
//!         Some(StepLabels { steps, labels: labels.enumerate().collect() })
//!     }
//! }
//! ```

mod examples;
mod labels;

pub use examples::StepExamples;
pub use labels::{LabelRule, OutcomeLabels, ProcessLabels, StepLabels};
