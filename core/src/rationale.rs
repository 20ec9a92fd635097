//! What generative verifiers write on the way to their rewards.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::generator::FinishReason;
use crate::verifier::ScoredCot;

/// What a generative verifier wrote about a CoT, and the reward that it came to.
///
/// A verifier hands the rationales of a CoT to its [context](crate::Context::keep_rationales), where that
/// [wants them](crate::Context::wants_rationales), before it hands over the CoT's rewards. People read them: to see why a
/// reward model trusts a CoT, and why a verdict is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rationale {
    /// The text that the model wrote, the verdict included.
    pub text: String,
    /// Why the text ends where it ends.
    pub finish: FinishReason,
    /// The reward; `None` where the text holds no verdict, or one that cannot be read.
    pub reward: Option<f64>,
}

/// What keeps rationales: a job that writes them to a file, a service that shows them.
pub trait Rationales: Send + Sync {
    /// Takes the rationales of a CoT, one for each of its rewards and in their order. Called from many threads, once a CoT,
    /// before its rewards are final.
    fn keep(&self, cot: ScoredCot<'_>, rationales: Vec<Rationale>);
}

impl<T: Rationales + ?Sized> Rationales for Arc<T> {
    fn keep(&self, cot: ScoredCot<'_>, rationales: Vec<Rationale>) {
        (**self).keep(cot, rationales);
    }
}
