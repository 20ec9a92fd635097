//! Baselines: verifiers that need no model, to hold reward models against.
//!
//! ```text
//! a question's CoTs ──Verifier──▶ one reward a CoT ──▶ aggregation, evaluation: the same road as a reward model's
//! ```
//!
//! | name | trusts a CoT |
//! |---|---|
//! | `agreement` | whose answer the question's other CoTs give, too |
//! | `length` | that is short (or long) |
//! | `random` | by chance: what a reward model must beat, and a control for the evaluation itself |
//!
//! Each gives one reward a CoT, so any aggregator does; `last` is the plain choice.
//!
//! ```
//! use touchstone::{Context, Cot, CotId, PluginSpec, Question, Registry, Verifier};
//! use touchstone_baselines as _; // links the plugins in
//!
//! let context = Context::new(Registry::builtin());
//! let settings = context.registry().make(&PluginSpec::<dyn Verifier>::named("length").with("words", 6))?;
//! let verifier = settings.open(&context)?;
//! let question = Question { id: 1.into(), category: "math".into(), text: "What is 2 + 3?".to_owned() };
//! let steps = vec!["Two and three make five.".into(), "5".into()];
//! let rewards = verifier.score(&context, &question, &Cot { id: CotId(0), steps, answer: None })?;
//! assert_eq!(*rewards, [Some(0.5)]); // six words earn one half
//! # Ok::<(), touchstone::Error>(())
//! ```
//!
//! # Add your own
//! One new file and one line. The file, say `src/digits.rs`, holds the settings, the [`Verifier`], how it is opened and the
//! registration ([`length.rs`](Length) is a whole one, and [`Verifier`] shows another); the line is a `mod` below. Run
//! `cargo test -p touchstone-baselines`: `tests/laws.rs` finds every registered verifier and holds it to the laws, and
//! `touchstone plugins describe digits` shows your doc comments.
//!
//! [`Verifier`]: touchstone::Verifier

mod agreement;
mod length;
mod random;

pub use agreement::Agreement;
pub use length::{Length, Prefer};
pub use random::Random;
