//! `weighted_vote`: N solutions that vote with their values.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::Question;
use touchstone::generator::Prompt;

use crate::attempt::Attempt;
use crate::{Result, Selection, Solution, Solver, Strategy, sixteen};

/// Weighted self-consistency: samples N whole solutions, and every one votes for its answer with its value (Li et al. 2023,
/// "Making Language Models Better Reasoners with Step-Aware Verifier", arXiv 2206.02336; "Best-of-N weighted" in Snell et al.
/// 2024).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightedVote {
    /// How many solutions; 16 unless told otherwise.
    #[serde(default = "sixteen")]
    pub samples: NonZeroUsize,
}

crate::describe!("weighted_vote", WeightedVote);

#[typetag::serde(name = "weighted_vote")]
impl Strategy for WeightedVote {
    fn solve(&self, solver: &Solver<'_>, question: &Question, prompt: &Prompt) -> Result<Solution> {
        let mut attempt = Attempt::with_verifier("weighted_vote", solver, question, prompt)?;
        let mut drafts = attempt.sample(self.samples.get(), attempt.seed())?;
        attempt.score(&mut drafts)?;
        attempt.solution(drafts, Selection::WeightedVote)
    }
}
