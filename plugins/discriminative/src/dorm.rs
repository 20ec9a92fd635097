//! `dorm`: a discriminative outcome reward model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::{Context, Result, Verifier, VerifierSettings};

use crate::StepTags;

/// A discriminative outcome reward model (dORM): trained to say at a CoT's end whether its final answer is right.
///
/// It gives one reward a step, as `dprm` does and read in the same way: the softmax of `-` and `+` at the tag after the step.
/// Only the last tag was trained, so the last reward is the CoT's: aggregate by `last`, as the paper does.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Dorm(pub StepTags);

touchstone::register!(Verifier, "dorm", Dorm);

impl VerifierSettings for Dorm {
    fn open(&self, context: &Context) -> Result<Box<dyn Verifier>> {
        self.0.open("dorm", context)
    }
}
