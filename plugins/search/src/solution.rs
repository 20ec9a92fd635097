//! What comes of a question.

use serde::{Deserialize, Serialize};
use touchstone::{Cot, Rewards};

use crate::Choice;

/// A solved question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Solution {
    /// The answer, and why it was chosen among the candidates.
    pub choice: Choice,
    /// Every solution that the choice was made from, numbered from 0 by their CoTs' ids.
    pub candidates: Vec<Candidate>,
    /// What all of it took.
    pub spent: Spent,
}

impl Solution {
    /// The candidate that gives the answer.
    pub fn best(&self) -> Option<&Candidate> {
        let chosen = self.choice.cot?;
        self.candidates.iter().find(|candidate| candidate.cot.id == chosen)
    }
}

/// One solution that was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its steps and its answer.
    pub cot: Cot,
    /// Its text, as it was written.
    pub text: String,
    /// Why it ends where it does.
    pub ending: Ending,
    /// Its rewards, one a step from a process reward model; none where it was not scored.
    pub rewards: Rewards,
    /// The value that the aggregator makes of them; none where it was not scored.
    pub value: Option<f64>,
}

/// Why a solution ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The model ended its turn.
    EndOfText,
    /// It came to a text that ends solutions.
    Stop,
    /// The token budget was used up.
    Tokens,
    /// It has as many steps as it may have.
    Steps,
    /// The question, or the question with the steps so far, fills the model's context.
    PromptTooLong,
}

/// What solving took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Tokens that were generated, those of solutions that were given up included, as far as the generator tells them.
    pub generated_tokens: u64,
    /// Completions of which it does not.
    pub completions_without_tokens: u64,
    /// Calls of the generator.
    pub generator_calls: u64,
    /// Calls of the verifier.
    pub verifier_calls: u64,
    /// Solutions, finished or not, that it scored in them.
    pub scored_solutions: u64,
}
