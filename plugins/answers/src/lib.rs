//! Answer equivalences: when two final answers are the same.
//!
//! | name | two answers are the same when |
//! |---|---|
//! | `multiple_choice` | they are the same letter A to J (in core: the paper's protocol, and the default) |
//! | `exact` | they are the same text, but for case and white space |
//! | `numeric` | they are the same number, however written, else the same text |
//!
//! An equivalence gives each answer a canonical key, and answers are the same when their keys are equal: so "the same" is
//! symmetric and transitive by construction, and each answer is looked at once, in bounded time.
//!
//! ```
//! use touchstone::{AnswerEquivalence, PluginSpec, Registry};
//! use touchstone_answers as _; // links the plugins in
//!
//! let numeric = Registry::builtin().make(&PluginSpec::<dyn AnswerEquivalence>::named("numeric"))?;
//! assert_eq!(numeric.key(Some(r"$\frac{1}{2}$"))?, numeric.key(Some("0.50"))?);
//! # Ok::<(), touchstone::Error>(())
//! ```
//!
//! # Add your own
//! One new file and one line. The file, say `src/set.rs`, holds the settings, the [`AnswerEquivalence`] and the registration
//! ([`exact.rs`](Exact) is a whole one, and [`AnswerEquivalence`] shows another); the line is a `mod` below. Run
//! `cargo test -p touchstone-answers`: `tests/laws.rs` finds every registered equivalence and holds it to the laws, and
//! `touchstone plugins describe set` shows your doc comments.
//!
//! [`AnswerEquivalence`]: touchstone::AnswerEquivalence

mod exact;
mod latex;
mod number;
mod numeric;

pub use exact::{Case, Exact};
pub use numeric::Numeric;
