//! `diverse_verifier_tree_search`: beam search in independent trees.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::Question;
use touchstone::generator::Prompt;

use crate::attempt::Attempt;
use crate::tree::Trees;
use crate::{Guide, Result, Selection, Solution, Solver, Strategy, four, sixteen};

/// Diverse verifier tree search, DVTS (Beeching et al. 2024, "Scaling test-time compute with open models").
///
/// N beams are N/M trees that know nothing of one another. In each, M steps are written, the best is kept, M next steps are
/// written after it, and so on. So a few steps that please the reward model cannot crowd out all others, as they do in
/// beam search where N is large. A tree ends when its best leaf is finished. Every solution that was finished takes part in the
/// final choice.
///
/// A width of N is beam search of that width (one tree); a width of 1 is Best-of-N, as it is in
/// [`BeamSearch`](crate::BeamSearch).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiverseVerifierTreeSearch {
    /// How many beams in all trees together, N; 16 unless told otherwise.
    #[serde(default = "sixteen")]
    pub beams: NonZeroUsize,
    /// How many next steps in each tree, M, which divides N; 4 unless told otherwise.
    #[serde(default = "four")]
    pub width: NonZeroUsize,
    /// What the steps of a tree are compared by.
    #[serde(default)]
    pub guide: Guide,
    /// How the answer is chosen among the finished solutions of all trees.
    #[serde(default)]
    pub choose: Selection,
}

crate::describe!("diverse_verifier_tree_search", DiverseVerifierTreeSearch);

#[typetag::serde(name = "diverse_verifier_tree_search")]
impl Strategy for DiverseVerifierTreeSearch {
    fn solve(&self, solver: &Solver<'_>, question: &Question, prompt: &Prompt) -> Result<Solution> {
        let trees = Trees::greedy(self.beams, self.width)?;
        let mut attempt = Attempt::with_verifier("diverse_verifier_tree_search", solver, question, prompt)?;
        let drafts = trees.grow(&mut attempt, self.guide)?;
        attempt.solution(drafts, self.choose)
    }
}
