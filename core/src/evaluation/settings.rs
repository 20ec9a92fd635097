//! The settings of an evaluation.

use serde::{Deserialize, Serialize};

use super::EvaluationError;
use crate::{AnswerEquivalence, PluginSpec};

/// How methods are compared. The defaults are the paper's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How many CoTs are drawn of each question: the values of N, each at least 1, ascending.
    pub n: Vec<usize>,
    /// How often each N is drawn.
    pub runs: u32,
    /// The seed of the draws, as the published code takes it.
    pub seed: i64,
    /// When two final answers are the same.
    pub answers: PluginSpec<dyn AnswerEquivalence>,
    /// Go on where reward files lack questions or CoTs: questions that any file lacks are left out for all methods, CoTs
    /// that are missing count one half, and both are counted in the result.
    pub allow_partial: bool,
    /// How many bootstrap samples of the questions intervals and p-values are made of; 0 leaves both out.
    pub bootstrap: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            n: vec![1, 2, 4, 8, 16],
            runs: 100,
            seed: 42,
            answers: PluginSpec::named("multiple_choice"),
            allow_partial: false,
            bootstrap: 1000,
        }
    }
}

impl Settings {
    /// Checks that every setting makes sense.
    ///
    /// # Errors
    /// [`EvaluationError::Setting`] names the first that does not.
    pub fn check(&self) -> Result<(), EvaluationError> {
        let wrong = |field, message: &str| Err(EvaluationError::Setting { field, message: message.to_owned() });
        if self.n.is_empty() || self.n.contains(&0) {
            return wrong("n", "give at least one N, and each at least 1");
        }
        if !self.n.is_sorted_by(|left, right| left < right) {
            return wrong("n", "give the values of N in ascending order, each once");
        }
        if self.runs == 0 {
            return wrong("runs", "give at least 1 run");
        }
        Ok(())
    }
}
