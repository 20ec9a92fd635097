//! Discriminative reward models: verifiers that read a step's reward at a mark after the step.
//!
//! | name | mark | read there | aggregate by |
//! |---|---|---|---|
//! | `dorm` | the tag ` \n\n\n\n` | `-` against `+` | `last` |
//! | `dprm` | the same | the same | `min` |
//! | `math_shepherd` | the tag ` ки` at the end of a line | `-` against `+` | `min` or `prod` |
//! | `qwen_prm` | the token `<extra_0>` in a conversation | a head of two classes | `min` or `prod` |
//!
//! ```text
//! question, CoT ──layout──▶ tokens and marks ──fit──▶ cut to the context ──reading──▶ two logits a mark ──softmax──▶ rewards
//! ```
//!
//! ```
//! use touchstone::{Context, Cot, CotId, PluginSpec, Question, Registry, Verifier};
//! use touchstone_discriminative as _; // links the verifiers in
//!
//! let context = Context::new(Registry::builtin());
//! let dprm = PluginSpec::<dyn Verifier>::named("dprm").with("model", "embedded:tiny").with("adapter", "embedded:dPRM");
//! let verifier = context.registry().make(&dprm)?.open(&context)?;
//! let question = Question { id: 1.into(), category: "math".into(), text: "What is 2 + 3?".to_owned() };
//! let steps = vec!["Two and three make five.".into(), "The answer is 5.".into()];
//! let rewards = verifier.score(&context, &question, &Cot { id: CotId(0), steps, answer: None })?;
//! assert_eq!(rewards.len(), 2); // one a step
//! # Ok::<(), touchstone::Error>(())
//! ```
//!
//! The kinds differ in their layout and their head alone. [`touchstone_candle::reading`] does the rest: it computes what the
//! CoTs of a question share once, and fills batches. No reward depends on that, nor on the order of the work.
//!
//! # What is read as text
//! A question and its CoTs are data. What looks like a control token in them (`<|endoftext|>`, `<|im_end|>`) is tokenised
//! as the characters that it is; Hugging Face's `encode` makes it the control token, so that a CoT could end the text, or
//! open a turn of its own, by writing so. On texts without such strings both give the same tokens. Padding does not exist here, so no token
//! can be taken for it.
//!
//! # Add your own
//! One new file and one line. The file, say `src/trl.rs`, holds the settings, how they are opened, the layout and the
//! registration: [`math_shepherd.rs`](MathShepherd) is a whole one; the line is a `mod` below. `tests/laws.rs` finds every
//! registered verifier and holds it to the laws. [`training`] makes such models; a label rule or a loss of your own is a
//! small trait.

mod candidates;
mod dorm;
mod dprm;
mod error;
mod marked;
mod math_shepherd;
mod qwen_prm;
mod step_reader;
mod tags;
pub mod training;

pub use candidates::Candidates;
pub use dorm::Dorm;
pub use dprm::Dprm;
pub use error::Error;
pub use math_shepherd::MathShepherd;
pub use qwen_prm::QwenPrm;
pub use tags::StepTags;
