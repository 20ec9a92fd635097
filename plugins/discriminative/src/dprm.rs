//! `dprm`: a discriminative process reward model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::{Context, Result, Verifier, VerifierSettings};

use crate::StepTags;

/// A discriminative process reward model (dPRM): trained to say after each step whether it is right.
///
/// The reward of a step is the softmax of `-` and `+` at the tag after it. A CoT is as good as its weakest step: aggregate by
/// `min`, as the paper does.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Dprm(pub StepTags);

touchstone::register!(Verifier, "dprm", Dprm);

impl VerifierSettings for Dprm {
    fn open(&self, context: &Context) -> Result<Box<dyn Verifier>> {
        self.0.open("dprm", context)
    }
}
