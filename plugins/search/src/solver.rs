//! What a strategy works with.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::{
    Aggregator, AnswerEquivalence, AnswerExtractor, Context, Generator, PluginSpec, Sampler, StepSplitter, Verifier,
};

use crate::{Error, Result};

/// The parts that solve questions: opened once, borrowed by every [`Strategy`](crate::Strategy) and every question.
#[derive(Clone, Copy)]
pub struct Solver<'a> {
    /// Whether to stop, and where progress is shown.
    pub context: &'a Context,
    /// What writes.
    pub generator: &'a dyn Generator,
    /// What gives rewards. Majority vote and self-consistency go without; searches want one reward a step (a process reward
    /// model), also for a solution that is not yet finished.
    pub verifier: Option<&'a dyn Verifier>,
    /// What makes one value of a solution's rewards.
    pub aggregator: &'a dyn Aggregator,
    /// What cuts solutions into the steps that are scored.
    pub splitter: &'a dyn StepSplitter,
    /// What reads answers.
    pub extractor: &'a dyn AnswerExtractor,
    /// When two answers are the same.
    pub answers: &'a dyn AnswerEquivalence,
    /// How text is written.
    pub writing: &'a Writing,
}

/// How text is written: how tokens are chosen, where steps and solutions end, and where randomness starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Writing {
    /// How tokens are chosen; at temperature 0.7 from the whole distribution unless told otherwise.
    pub sampler: PluginSpec<dyn Sampler>,
    /// The most new tokens of a solution, all its steps together; 2048 unless told otherwise. Of a generator that does not
    /// tell tokens, each step may have as many.
    pub max_tokens: NonZeroUsize,
    /// The most steps that a search writes of a solution; 40 unless told otherwise, as Snell et al. (2024) and Beeching et al.
    /// (2024) have it. Solutions that are written whole may have more.
    pub max_steps: NonZeroUsize,
    /// The text that ends a step; a blank line unless told otherwise. It belongs to the solution.
    pub delimiter: String,
    /// Texts that end a solution. They do not belong to it.
    pub stop: Vec<String>,
    /// Where randomness starts; 42 unless told otherwise.
    pub seed: u64,
}

impl Default for Writing {
    fn default() -> Self {
        const MAX_TOKENS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(2047);
        const MAX_STEPS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(39);
        Self {
            sampler: PluginSpec::named("temperature").with("temperature", 0.7),
            max_tokens: MAX_TOKENS,
            max_steps: MAX_STEPS,
            delimiter: "\n\n".to_owned(),
            stop: Vec::new(),
            seed: 42,
        }
    }
}

impl Writing {
    /// Checks what no type can say.
    ///
    /// # Errors
    /// [`Error::Setting`] for an empty delimiter or stop text, which every text contains.
    pub fn check(&self) -> Result<()> {
        if self.delimiter.is_empty() {
            return Err(Error::setting(
                "delimiter",
                "an empty text ends no step; give it a text, such as a blank line",
            ));
        }
        if self.stop.iter().any(String::is_empty) {
            return Err(Error::setting("stop", "an empty text is in every solution; leave it out"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_are_left_out_are_the_defaults_and_an_unknown_one_is_an_error() {
        assert_eq!(serde_json::from_str::<Writing>("{}").unwrap(), Writing::default());
        let error = serde_json::from_str::<Writing>(r#"{"max_token": 3}"#).unwrap_err().to_string();
        assert!(error.contains("unknown field `max_token`"), "{error}");
    }

    #[test]
    fn texts_that_end_everything_are_refused() {
        let told = |writing: Writing| writing.check().unwrap_err().to_string();
        assert!(told(Writing { delimiter: String::new(), ..Writing::default() }).contains("`delimiter`"));
        assert!(told(Writing { stop: vec![String::new()], ..Writing::default() }).contains("`stop`"));
    }
}
