//! Touchstone: test-time scaling with reward models.
//!
//! A touchstone is what gold is tested on. Here the gold is a chain of thought (CoT), and the stones are reward models:
//! *given N CoTs for a question, which one is to be trusted, and which reward model should say so?*
//!
//! ```text
//! questions ──Generator──▶ solutions ──StepSplitter──▶ CoTs ──Verifier──▶ rewards ──Aggregator──▶ values ──▶ selection ──▶ accuracy
//!                 ▲ Sampler                                    ▲ templates
//! ```
//!
//! Data flows left to right, once; every stage reads and writes plain files, so each can be run alone, replaced or
//! resumed. The arrows are the five traits of this crate: [`Generator`], [`Sampler`], [`StepSplitter`], [`Verifier`] and
//! [`Aggregator`]. Plugins implement them, a [`Recipe`] names them, the [`Registry`] makes them, and [`laws`] checks them.
//!
//! ```
//! use touchstone::{Aggregator, PluginSpec, Registry, Rewards};
//! use touchstone_aggregators as _; // links the plugins in
//!
//! // The rewards of two CoTs of one question, one a step. The second CoT's middle step could not be judged.
//! let cots = [Rewards::new(vec![Some(0.9), Some(0.2)])?, Rewards::new(vec![Some(0.7), None, Some(0.8)])?];
//! // A CoT is worth its weakest step; what is missing counts as one half.
//! let weakest = Registry::builtin().make(&PluginSpec::<dyn Aggregator>::named("min"))?;
//! assert_eq!(weakest.aggregate(&cots[0])?, 0.2);
//! assert_eq!(weakest.aggregate(&cots[1])?, 0.5); // the one to trust
//! # Ok::<(), touchstone::Error>(())
//! ```
//!
//! Each trait's page shows a whole implementation. The guide is the book, in the folder `book` of the repository: *Write a
//! verifier*, *Ship a plugin* and *Architecture* go from this page on.
//!
//! This crate holds no model: it has no tensors and no unsafe code, and it builds in seconds. What only jobs need is behind
//! features, all of them on by default; authors of plugins turn them off, and on again what their plugin uses:
//!
//! | feature | brings |
//! |---|---|
//! | `templates` | [`Templates`] and [`Context::templates`]: prompts and pages; [`chat`]: models' chat templates |
//! | `evaluation` | [`Recipe`] and [`evaluation`]: from rewards to accuracy |
//! | `data` | [`data`]: Parquet, JSON and JSONL in and out; [`jobs`]: scoring, and with `templates` sampling, that survives interruption; [`study`]: a recipe at work; brings `evaluation` |
//! | `hub` | [`hub`]: `hf://` addresses; brings `data` |

// The links above lead to modules that the features bring.
#![cfg_attr(not(all(feature = "templates", feature = "hub")), allow(rustdoc::broken_intra_doc_links))]

pub mod aggregator;
pub mod answer;
pub mod atomic;
mod category;
#[cfg(feature = "templates")]
pub mod chat;
mod context;
mod conversation;
mod cot;
#[cfg(feature = "data")]
pub mod data;
mod error;
#[cfg(feature = "evaluation")]
pub mod evaluation;
pub mod extractor;
pub mod generator;
#[cfg(feature = "evaluation")]
mod hexadecimal;
#[cfg(feature = "hub")]
pub mod hub;
#[cfg(feature = "data")]
pub mod jobs;
mod label;
pub mod laws;
mod nearest;
mod pairwise;
mod parallel;
mod question;
#[cfg(feature = "evaluation")]
pub mod random;
mod rationale;
#[cfg(feature = "evaluation")]
pub mod recipe;
pub mod registry;
mod rewards;
pub mod sampler;
pub mod splitter;
#[cfg(feature = "data")]
pub mod study;
#[cfg(feature = "templates")]
mod templates;
pub mod verifier;

pub use aggregator::Aggregator;
pub use answer::AnswerEquivalence;
pub use atomic::write_atomically;
pub use category::{Category, PAPER_ORDER};
pub use context::{Cancellation, Context, Progress, ProgressStage, TokenMeter};
pub use cot::{Cot, CotId, QuestionCots, Step};
pub use error::{Error, Result};
pub use extractor::AnswerExtractor;
pub use generator::{Generator, GeneratorSettings};
pub use label::Label;
pub use nearest::nearest;
pub use question::{Question, QuestionId};
pub use rationale::{Rationale, Rationales};
#[cfg(feature = "evaluation")]
pub use recipe::Recipe;
pub use registry::{PluginKind, PluginSpec, Registry};
pub use rewards::Rewards;
pub use sampler::Sampler;
pub use splitter::StepSplitter;
#[cfg(feature = "templates")]
pub use templates::Templates;
pub use verifier::{Verifier, VerifierSettings};
