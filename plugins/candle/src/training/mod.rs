//! Training: LoRA adapters beside frozen weights, or all weights of a small model.
//!
//! ```text
//!  Example ─┐                 ┌─▶ forward ─▶ head, Loss ─▶ backward ─┐
//!  Example ─┼─ step, packed ──┤   block by block; what blocks        ├─▶ gradients ─▶ clip ─▶ AdamW
//!  …        ┘                 └─  computed is computed again        ─┘
//! ```
//! An [`Example`] is tokens with labelled positions; an [`Objective`] says which rows of the output head meet them. Texts are
//! packed without padding, the head is computed at labelled positions alone, and no gradient of a frozen weight is ever
//! computed. What a step does depends on its examples, the settings and the seed alone: a job that was killed goes on from its
//! checkpoint with the bits of one that was not.

mod batches;
mod build;
mod checkpoint;
mod config;
mod curve;
mod dropout;
mod example;
mod head;
mod job;
mod layer;
mod linear;
mod loss;
mod model;
mod optimiser;
mod parameters;
mod prepared;
mod reward_model;
mod save;
mod schedule;
mod settings;
#[cfg(test)]
mod tests;
mod trainer;

pub use config::TrainingConfig;
pub use example::{Example, Objective, Target};
pub use job::{CURVE, Finished, TrainingJob};
pub use loss::{CrossEntropy, Loss};
pub use prepared::{Prepared, Skip, Split};
pub use reward_model::RewardModel;
pub use schedule::Schedule;
pub use settings::{LowRankSettings, TargetModules, Trained, TrainingSettings};
pub use trainer::{Step, Trainer};
