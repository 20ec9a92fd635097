//! Search strategies: from a question to one answer, guided by a reward model.
//!
//! ```text
//!                    ┌──────────── the next step of those that go on ────────────┐
//!                    ▼                                                           │
//! question ──▶ Generator ──▶ solutions, finished or not ──▶ Verifier ──▶ rewards ──▶ Strategy ──▶ answer, and why
//! ```
//! The evaluation asks how good a reward model chooses among CoTs that were sampled before. Here it is put to work: on CoTs
//! that are there ([`best_of_n`], [`weighted_vote`], [`majority_vote`]), or while they are written ([`Strategy`]).
//!
//! | strategy | writes | rewards | source |
//! |---|---|---|---|
//! | [`best_of_n`](BestOfN) | N solutions | choose the best one | Cobbe et al. 2021 |
//! | [`weighted_vote`](WeightedVote) | N solutions | weigh their votes | Li et al. 2023 |
//! | [`majority_vote`](MajorityVote) | N solutions | | Wang et al. 2023 |
//! | [`self_consistency`](SelfConsistency) | solutions until the vote is decided | | Aggarwal et al. 2023; Li et al. 2024 |
//! | [`beam_search`](BeamSearch) | M next steps of each of the N/M best beams | keep the best beams | Snell et al. 2024 |
//! | [`diverse_verifier_tree_search`](DiverseVerifierTreeSearch) | the same in N/M trees, the best of each | keep one a tree | Beeching et al. 2024 |
//! | [`particle_filtering`](ParticleFiltering) | a next step of N particles drawn out of N | are the odds of being drawn | Puri et al. 2025 |
//!
//! # Choosing among CoTs that are there
//! ```
//! use touchstone::answer::MultipleChoice;
//! use touchstone::{Cot, CotId, Rewards};
//! use touchstone_aggregators::Min;
//!
//! let cot = |id, answer: &str| Cot { id: CotId(id), steps: Vec::new(), answer: Some(answer.to_owned()) };
//! let cots = [cot(0, "A"), cot(1, "B"), cot(2, "B")];
//! let rewards = |list: &[f64]| Rewards::new(list.iter().copied().map(Some).collect());
//! let rewards = [rewards(&[0.9, 0.8])?, rewards(&[0.9, 0.5])?, rewards(&[0.6, 0.7])?];
//!
//! let best = touchstone_search::best_of_n(&cots, &rewards, &Min {}, &MultipleChoice {})?;
//! assert_eq!(best.answer.as_deref(), Some("A"));
//! let voted = touchstone_search::weighted_vote(&cots, &rewards, &Min {}, &MultipleChoice {})?;
//! assert_eq!(voted.answer.as_deref(), Some("B"));
//! assert_eq!(voted.to_string(), "weighted vote: 2 of 3 votes, weight 1.100 of 1.900");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Solving a question
//! ```
//! use touchstone::answer::MultipleChoice;
//! use touchstone::generator::{GeneratorSettings, Prompt};
//! use touchstone::{Context, Question, Registry, VerifierSettings};
//! use touchstone_aggregators::Last;
//! use touchstone_answers::Letter;
//! use touchstone_search::{Solver, StrategySettings, Writing};
//! use touchstone_splitters::BlankLine;
//! # // A generator that guesses, and a verifier that likes the right guess, in place of models.
//! # mod models {
//! #     use touchstone::generator::*;
//! #     use touchstone::{Context, Cot, Question, Result, Rewards, Verifier};
//! #     pub struct Guesses;
//! #     impl Generator for Guesses {
//! #         fn generate(&self, _: &Context, prompts: &[Prompt], request: &GenerationRequest,
//! #             done: &(dyn Fn(Sample, Completion) + Sync)) -> Result<()> {
//! #             for prompt in 0..prompts.len() {
//! #                 for sample in 0..request.samples {
//! #                     let first = prompts[prompt].text.ends_with('?');
//! #                     let (text, finish) = match (first, sample % 3) {
//! #                         (true, which) => (format!("Try {}.\n\n", ["3", "4", "5"][which]), FinishReason::Stop),
//! #                         (false, _) if prompts[prompt].text.contains('4') => ("The answer is (B).".into(), FinishReason::EndOfText),
//! #                         (false, _) => ("The answer is (A).".into(), FinishReason::EndOfText),
//! #                     };
//! #                     done(Sample { prompt, sample }, Completion { text, finish, tokens: Vec::new() });
//! #                 }
//! #             }
//! #             Ok(())
//! #         }
//! #     }
//! #     pub struct Likes;
//! #     impl Verifier for Likes {
//! #         fn score(&self, _: &Context, _: &Question, cot: &Cot) -> Result<Rewards> {
//! #             let right = |step: &str| step.contains('4') || step.contains('B');
//! #             Rewards::new(cot.steps.iter().map(|step| Some(if right(step) { 0.9 } else { 0.2 })).collect())
//! #         }
//! #     }
//! # }
//!
//! let context = Context::new(Registry::builtin());
//! let generator = models::Guesses; // for instance context.registry().make(&settings)?.open(&context)?
//! let verifier = models::Likes;
//! let solver = Solver {
//!     context: &context,
//!     generator: &generator,
//!     verifier: Some(&verifier),
//!     aggregator: &Last {},
//!     splitter: &BlankLine {},
//!     extractor: &Letter {},
//!     answers: &MultipleChoice {},
//!     writing: &Writing::default(),
//! };
//! let question = Question { id: 1.into(), category: "math".into(), text: "What is 2 + 2? (A) 3 (B) 4".to_owned() };
//! let prompt = Prompt { text: "What is 2 + 2?".to_owned() };
//!
//! let strategy: StrategySettings = "beam_search{beams=4,width=2}".parse()?;
//! let solution = strategy.solve(&solver, &question, &prompt)?;
//! assert_eq!(solution.choice.answer.as_deref(), Some("B"));
//! assert_eq!(solution.best().map(|best| best.text.as_str()), Some("Try 4.\n\nThe answer is (B)."));
//! assert_eq!((solution.spent.generator_calls, solution.spent.verifier_calls), (2, 2));
//! # Ok::<(), touchstone_search::Error>(())
//! ```
//!
//! [`solve_all`] solves many questions, several at a time.
//!
//! # What is promised
//! - [`Selection`] follows the rules of the evaluation to the last tie.
//! - A solution follows from the parts, the settings, the seed, the question and the prompt. With a generator and a verifier
//!   whose results do not hang on the batch (all local ones), nor does the solution.
//! - Beams of the same text are samples of one prompt, so that they go on differently; all of a round's beams are one call of
//!   the generator (in particle filtering one for each number of times that particles were drawn), all of its unscored ones
//!   one call of the verifier.
//! - A search writes at most [`Writing::max_steps`] steps and [`Writing::max_tokens`] tokens of a solution.
//! - Beam search and DVTS of width 1 are Best-of-N, and DVTS of width N is beam search of width N: see [`BeamSearch`] for what
//!   that means to the letter. `tests/equalities.rs` holds them to it.
//!
//! # Add your own
//! One new file and one line. The file, say `src/lookahead.rs`, holds the settings, the [`Strategy`] and what names it
//! ([`best_of_n.rs`](BestOfN) is a whole one; [`Strategy`] shows another, which needs no change to this crate); the line is a
//! `mod` below. Run `cargo test -p touchstone-search`: `tests/strategies.rs` solves the questions of a toy world with every
//! strategy that is listed.

mod attempt;
mod beam_search;
mod best_of_n;
mod choice;
mod diverse_verifier_tree_search;
mod error;
mod guide;
mod majority_vote;
mod many;
mod particle_filtering;
mod resampling;
mod selection;
mod self_consistency;
mod solution;
mod solver;
mod stopping;
mod strategy;
mod tree;
mod weighted_vote;

pub use beam_search::BeamSearch;
pub use best_of_n::BestOfN;
pub use choice::{Choice, Tally};
pub use diverse_verifier_tree_search::DiverseVerifierTreeSearch;
pub use error::{Error, Result};
pub use guide::Guide;
pub use majority_vote::MajorityVote;
pub use many::{Prompting, solve_all};
pub use particle_filtering::ParticleFiltering;
pub use resampling::{Resampling, Temperature};
pub use selection::{Selection, best_of_n, majority_vote, values, weighted_vote};
pub use self_consistency::SelfConsistency;
pub use solution::{Candidate, Ending, Solution, Spent};
pub use solver::{Solver, Writing};
pub use stopping::{Confidence, Latest, Stopping, beta_confidence, dirichlet_confidence};
#[doc(hidden)]
pub use strategy::Described;
pub use strategy::{Strategy, StrategySettings, names, read};
pub use weighted_vote::WeightedVote;

#[doc(hidden)]
pub use {inventory, schemars};

use std::num::NonZeroUsize;

/// The default number of solutions: as many as the paper's sets have.
const fn sixteen() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(15)
}

/// The default width of a search: that of Beeching et al. (2024).
const fn four() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(3)
}

/// The default of the most solutions of a vote that stops early: that of its papers.
const fn forty() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(39)
}
