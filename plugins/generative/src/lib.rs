//! Generative reward models: verifiers that let a model write a critique of a CoT and read the verdict in it.
//!
//! | name | the critique | ends with | aggregate by |
//! |---|---|---|---|
//! | `gorm` | of the whole solution | `Verification: Is the answer correct (Yes/No)? Yes` | `mean` |
//! | `gprm` | of one step after the other | `Is the solution correct? Yes` | `mean` |
//!
//! ```text
//! question, CoT ──template──▶ text ──chat template──▶ prompt ──Generator──▶ critiques ──verdict──▶ one reward a critique
//! ```
//!
//! Both are one verifier with another template and another verdict. They work over any [`Generator`](touchstone::Generator):
//! a model on this machine (`local`), a server (`openai`), a third party's.
//!
//! ```
//! use touchstone::{PluginKind, PluginSpec, Registry, Verifier};
//! use touchstone_generative as _; // links the verifiers in
//!
//! assert!(Registry::builtin().describe(PluginKind::Verifier, "gorm").is_ok());
//! // As the command line names it. The program that opens it links the generator in, too.
//! let gorm: PluginSpec<dyn Verifier> = r#"gorm{generator={"type":"local","model":"models/gorm"},verdicts=4}"#.parse()?;
//! assert_eq!(gorm.name(), "gorm");
//! # Ok::<(), touchstone::Error>(())
//! ```
//!
//! # The reward
//! `P(Yes) / (P(Yes) + P(No))` at the token at which the verdict was written, from the model's untempered distribution. A
//! critique without a verdict has a missing reward: never 0.5, which only the paper's aggregation makes of it.
//!
//! # Training data
//! [`rationales`] makes the data that such models are trained on: critiques of labelled CoTs.
//!
//! # Add your own
//! Another prompt needs no code: name a template file of your own in the setting `template`. Another verdict is one new file
//! and one line: [`gorm.rs`](Gorm) is a whole one; the line is a `mod` below. `tests/generative` holds every registered
//! verifier to the laws.

mod critic;
mod error;
mod gorm;
mod gprm;
mod outcome;
mod prompts;
pub mod rationales;
mod settings;
pub mod training;
mod verdict;

pub use error::Error;
pub use gorm::Gorm;
pub use gprm::Gprm;
pub use prompts::{GORM, GPRM, GPRM_RATIONALE, add_templates};
pub use settings::Critique;
