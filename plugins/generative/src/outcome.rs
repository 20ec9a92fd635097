//! The critiques of one call as they come in.

use std::sync::{Mutex, OnceLock, PoisonError};

use touchstone::generator::{Completion, Sample};
use touchstone::{Error, Rationale, Result, Rewards};

/// Collects the critiques of each prompt until all are there.
pub(crate) struct Outcomes {
    prompts: Vec<Mutex<Vec<Option<Critique>>>>,
    failure: OnceLock<Error>,
}

/// One critique of a CoT.
pub(crate) struct Critique {
    /// What was written, and what it came to.
    pub(crate) rationale: Rationale,
    /// Its tokens, where the generator tells them.
    pub(crate) tokens: usize,
}

impl Outcomes {
    /// Nothing yet of `critiques` of each of `prompts`.
    pub(crate) fn new(prompts: usize, critiques: usize) -> Self {
        let none = || Mutex::new((0..critiques).map(|_| None).collect());
        Self { prompts: (0..prompts).map(|_| none()).collect(), failure: OnceLock::new() }
    }

    /// Takes a critique. Gives those of its prompt once all are there.
    pub(crate) fn take(&self, sample: Sample, completion: Completion, reward: Option<f64>) -> Option<Vec<Critique>> {
        let tokens = completion.tokens.len();
        let rationale = Rationale { text: completion.text, finish: completion.finish, reward };
        let mut critiques = self.prompts.get(sample.prompt)?.lock().unwrap_or_else(PoisonError::into_inner);
        *critiques.get_mut(sample.sample)? = Some(Critique { rationale, tokens });
        if critiques.iter().any(Option::is_none) {
            return None;
        }
        std::mem::take(&mut *critiques).into_iter().collect()
    }

    /// Something went wrong; of several errors the first is told.
    pub(crate) fn fail(&self, error: Error) {
        let _ = self.failure.set(error);
    }

    /// What became of the call: what went wrong here comes before what the generator says, which was stopped for it.
    pub(crate) fn end(self, generated: Result<()>) -> Result<()> {
        self.failure.into_inner().map_or(generated, Err)
    }
}

/// The rewards that rationales came to.
pub(crate) fn rewards(rationales: &[Rationale]) -> Result<Rewards> {
    Rewards::new(rationales.iter().map(|rationale| rationale.reward).collect())
}
