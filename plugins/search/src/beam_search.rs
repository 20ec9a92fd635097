//! `beam_search`: the best beams go on, step by step.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::Question;
use touchstone::generator::Prompt;

use crate::attempt::Attempt;
use crate::tree::Trees;
use crate::{Guide, Result, Selection, Solution, Solver, Strategy, four, sixteen};

/// Beam search against a process reward model (Snell et al. 2024, "Scaling LLM Test-Time Compute Optimally can be More Effective
/// than Scaling Model Parameters", arXiv 2408.03314, section 5.2; Beeching et al. 2024, "Scaling test-time compute with open
/// models").
///
/// Writes N first steps, scores them, keeps the N/M best, writes M next steps after each, and so on. Solutions that are finished
/// compete with those under way; the search ends when none of the N/M best goes on. Every solution that was finished takes part
/// in the final choice.
///
/// A width of 1 keeps every beam, so that there is nothing to choose before the end: this is Best-of-N, written step by step.
/// The solutions are the very same ones if the generator draws a step by the seed and the text before it, and no two beams
/// have the same text; with any other generator they have the same distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeamSearch {
    /// How many beams, N; 16 unless told otherwise.
    #[serde(default = "sixteen")]
    pub beams: NonZeroUsize,
    /// How many next steps of each beam that is kept, M, which divides N; 4 unless told otherwise.
    #[serde(default = "four")]
    pub width: NonZeroUsize,
    /// What beams are compared by.
    #[serde(default)]
    pub guide: Guide,
    /// How the answer is chosen among the finished solutions.
    #[serde(default)]
    pub choose: Selection,
}

crate::describe!("beam_search", BeamSearch);

#[typetag::serde(name = "beam_search")]
impl Strategy for BeamSearch {
    fn solve(&self, solver: &Solver<'_>, question: &Question, prompt: &Prompt) -> Result<Solution> {
        let trees = Trees::one(self.beams, self.width)?;
        let mut attempt = Attempt::with_verifier("beam_search", solver, question, prompt)?;
        let drafts = trees.grow(&mut attempt, self.guide)?;
        attempt.solution(drafts, self.choose)
    }
}
