//! What a search goes by before solutions are finished.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::aggregator::MISSING;

use crate::Result;
use crate::attempt::{Attempt, Draft};

/// The value by which a search compares solutions that are under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Guide {
    /// The reward of the last step: what a process reward model thinks of all that was written, as Snell et al. (2024),
    /// Beeching et al. (2024) and Puri et al. (2025) have it. One that is missing counts one half.
    #[default]
    LastStep,
    /// What the solver's aggregator makes of all rewards so far.
    Aggregator,
}

impl Guide {
    pub(crate) fn value(self, attempt: &Attempt<'_>, draft: &Draft) -> Result<f64> {
        match self {
            Self::LastStep => {
                let rewards = draft.rewards.as_deref().unwrap_or_default();
                Ok(rewards.last().copied().flatten().unwrap_or(MISSING))
            }
            Self::Aggregator => attempt.value(draft),
        }
    }
}
