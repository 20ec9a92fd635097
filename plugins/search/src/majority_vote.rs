//! `majority_vote`: N solutions that vote.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::Question;
use touchstone::generator::Prompt;

use crate::attempt::Attempt;
use crate::{Result, Selection, Solution, Solver, Strategy, sixteen};

/// Self-consistency: samples N whole solutions and gives the answer that most of them come to (Wang et al. 2023,
/// "Self-Consistency Improves Chain of Thought Reasoning in Language Models", arXiv 2203.11171).
///
/// Needs no verifier, and asks none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MajorityVote {
    /// How many solutions; 16 unless told otherwise.
    #[serde(default = "sixteen")]
    pub samples: NonZeroUsize,
}

crate::describe!("majority_vote", MajorityVote);

#[typetag::serde(name = "majority_vote")]
impl Strategy for MajorityVote {
    fn solve(&self, solver: &Solver<'_>, question: &Question, prompt: &Prompt) -> Result<Solution> {
        let mut attempt = Attempt::new("majority_vote", solver, question, prompt)?;
        let drafts = attempt.sample(self.samples.get(), attempt.seed())?;
        attempt.solution(drafts, Selection::MajorityVote)
    }
}
