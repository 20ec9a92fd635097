//! The laws of the plugin traits, as checks that run on any plugin.
//!
//! Each trait says what must hold of its implementations; here is one module for each, with a `check` that tries it: with
//! typical, empty, missing, hostile and huge input, twice, from eight threads at once, and, where a trait has several
//! methods, each against the others. `touchstone plugins check` runs these on a loaded library; an author runs them in a
//! test:
//!
//! ```
//! use touchstone::{Aggregator, laws};
//!
//! /// The best of a CoT's rewards.
//! struct Best;
//!
//! impl Aggregator for Best {
//!     fn aggregate(&self, rewards: &[Option<f64>]) -> touchstone::Result<f64> {
//!         Ok(rewards.iter().flatten().copied().fold(0.0, f64::max))
//!     }
//! }
//!
//! let report = laws::aggregator::check(&Best);
//! assert!(report.holds(), "{report}");
//! ```
//!
//! Displayed, the [`Report`] lists every law with what was found. Starting the fold from negative infinity would make that
//! `BROKEN  the value is finite: aggregate of no rewards gave -inf`; as it is, it holds, and one line tells the author of a
//! convention that `Best` does not keep: `noted   a missing reward, and no rewards at all, count as one half: …`.
//!
//! # Which check is for what
//! | plugin | check | needs |
//! |---|---|---|
//! | [`Aggregator`](crate::Aggregator) | [`aggregator::check`] | |
//! | [`StepSplitter`](crate::StepSplitter) | [`splitter::check`] | |
//! | [`Sampler`](crate::Sampler) | [`sampler::check`] | |
//! | [`AnswerEquivalence`](crate::AnswerEquivalence) | [`answer::check`] | |
//! | [`AnswerExtractor`](crate::AnswerExtractor) | [`extractor::check`] | |
//! | [`Verifier`](crate::Verifier) | [`verifier::check`] | opened, and the [`Context`](crate::Context) for its calls |
//! | [`Generator`](crate::Generator) | [`generator::check`] | opened, and the context for its calls |
//!
//! A plugin without a model is checked within a second or two. One with a model is asked for the rewards of some 40 CoTs, or
//! for some 30 completions, each about a dozen times.
//!
//! # What a check cannot do
//! A panic is caught and reported (the panic hook still prints it), but a plugin that aborts ends the process, and one that
//! never returns is waited for. A check whose context is cancelled reports the errors that follow. That a law held means that no case of the check broke it.

pub mod aggregator;
pub mod answer;
#[cfg(test)]
mod breach;
mod calls;
pub mod extractor;
pub mod generator;
mod named;
mod report;
pub mod sampler;
pub mod splitter;
mod texts;
pub mod verifier;

pub use named::check_named;
pub use report::{Finding, Outcome, Report};
