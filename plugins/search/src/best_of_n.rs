//! `best_of_n`: N solutions, of which the best is taken.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::Question;
use touchstone::generator::Prompt;

use crate::attempt::Attempt;
use crate::{Result, Selection, Solution, Solver, Strategy, sixteen};

/// Best-of-N: samples N whole solutions and gives the answer of the one of the highest value (Cobbe et al. 2021, "Training
/// Verifiers to Solve Math Word Problems", arXiv 2110.14168).
///
/// What it finds is as good as the verifier: of many solutions some will be wrong and yet please it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BestOfN {
    /// How many solutions; 16 unless told otherwise.
    #[serde(default = "sixteen")]
    pub samples: NonZeroUsize,
}

crate::describe!("best_of_n", BestOfN);

#[typetag::serde(name = "best_of_n")]
impl Strategy for BestOfN {
    fn solve(&self, solver: &Solver<'_>, question: &Question, prompt: &Prompt) -> Result<Solution> {
        let mut attempt = Attempt::with_verifier("best_of_n", solver, question, prompt)?;
        let mut drafts = attempt.sample(self.samples.get(), attempt.seed())?;
        attempt.score(&mut drafts)?;
        attempt.solution(drafts, Selection::BestOfN)
    }
}
