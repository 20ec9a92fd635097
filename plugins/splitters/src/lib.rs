//! Step splitters: from a solution's text to its steps.
//!
//! ```text
//! solution: "Two and three make five.⏎⏎So it is 5." ──StepSplitter──▶ byte ranges 0..24, 26..37 ──▶ steps of a CoT
//! ```
//!
//! | name | a step is |
//! |---|---|
//! | `blank_line` | a paragraph: what stands between blank lines |
//! | `line` | a line |
//! | `numbered_step` | what a solution calls a step: `Step 1:`, `**Step 2**`, `1.`, `2)` |
//! | `sentence` | a sentence |
//! | `regex` | what a pattern of yours says |
//!
//! Steps are trimmed, blank ones are left out, and nothing else of the text is lost (but the separators of `regex`). Each
//! splitter takes time linear in the length of the solution, also where that is one line of a megabyte; of `regex` this holds
//! for patterns without an open-ended repetition.
//!
//! ```
//! use touchstone::{PluginSpec, Registry, StepSplitter, splitter::steps};
//! use touchstone_splitters as _; // links the plugins in
//!
//! let sentences = Registry::builtin().make(&PluginSpec::<dyn StepSplitter>::named("sentence"))?;
//! let steps = steps(&*sentences, "Pi is about 3.14, cf. Fig. 2. So the answer is C.")?;
//! assert_eq!(steps, ["Pi is about 3.14, cf. Fig. 2.".into(), "So the answer is C.".into()]);
//! # Ok::<(), touchstone::Error>(())
//! ```
//!
//! # Add your own
//! One new file and one line. The file, say `src/semicolon.rs`, holds the settings, the [`StepSplitter`] and the
//! registration ([`line.rs`](Line) is a whole one, and [`StepSplitter`] shows another); the line is a `mod` below. Run
//! `cargo test -p touchstone-splitters`: `tests/laws.rs` finds every registered splitter and holds it to the law, and
//! `touchstone plugins describe semicolon` shows your doc comments.
//!
//! [`StepSplitter`]: touchstone::StepSplitter

mod blank_line;
mod line;
mod numbered_step;
mod regex;
mod sentence;
mod spans;

pub use blank_line::BlankLine;
pub use line::Line;
pub use numbered_step::NumberedStep;
pub use regex::{Marks, Pattern, Regex};
pub use sentence::Sentence;
