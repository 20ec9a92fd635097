//! Final answers: how they are read out of solutions, and when two of them are the same.
//!
//! ```text
//! solution ──AnswerExtractor──▶ answer, or none ──AnswerEquivalence──▶ key ──▶ votes; right if it is the gold answer's key
//! ```
//!
//! | equivalence | two answers are the same when |
//! |---|---|
//! | `multiple_choice` | they are the same letter A to J (in core: the paper's protocol, and the default) |
//! | `exact` | they are the same text, but for case and white space |
//! | `numeric` | they are the same number, however written, else the same text |
//!
//! | extractor | the answer of a solution is |
//! |---|---|
//! | `letter` | the letter A to J of the option that it chooses |
//! | `boxed` | what stands in its last `\boxed{…}` |
//! | `answer_is` | what follows its last "answer is" or "final answer:" |
//! | `regex` | what a pattern of yours finds last |
//!
//! An equivalence gives each answer a canonical key, and answers are the same when their keys are equal: so "the same" is
//! symmetric and transitive by construction, and each answer is looked at once, in bounded time. An extractor takes time linear
//! in the length of the solution (`regex`: for patterns without an open-ended repetition).
//!
//! ```
//! use touchstone::{AnswerEquivalence, AnswerExtractor, PluginSpec, Registry};
//! use touchstone_answers as _; // links the plugins in
//!
//! let registry = Registry::builtin();
//! let boxed = registry.make(&PluginSpec::<dyn AnswerExtractor>::named("boxed"))?;
//! let answer = boxed.extract(r"So the half is $\boxed{\frac{1}{2}}$.")?;
//! assert_eq!(answer.as_deref(), Some(r"\frac{1}{2}"));
//! let numeric = registry.make(&PluginSpec::<dyn AnswerEquivalence>::named("numeric"))?;
//! assert_eq!(numeric.key(answer.as_deref())?, numeric.key(Some("0.50"))?);
//! # Ok::<(), touchstone::Error>(())
//! ```
//!
//! # Add your own
//! One new file and one line. The file, say `src/set.rs`, holds the settings, the [`AnswerEquivalence`] or [`AnswerExtractor`]
//! and the registration ([`exact.rs`](Exact) and [`boxed.rs`](Boxed) are whole ones, and both traits show another); the line is
//! a `mod` below. Run `cargo test -p touchstone-answers`: `tests/laws.rs` and `tests/extractors.rs` find every registered one
//! and hold it to the laws, and `touchstone plugins describe set` shows your doc comments.
//!
//! [`AnswerEquivalence`]: touchstone::AnswerEquivalence
//! [`AnswerExtractor`]: touchstone::AnswerExtractor

mod answer_is;
mod boxed;
mod exact;
mod latex;
mod letter;
mod number;
mod numeric;
mod regex;
mod statement;

pub use answer_is::AnswerIs;
pub use boxed::Boxed;
pub use exact::{Case, Exact};
pub use letter::Letter;
pub use numeric::Numeric;
pub use regex::{Pattern, Regex};
