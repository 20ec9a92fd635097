//! `gprm`: a generative process reward model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::{Context, Result, Verifier, VerifierSettings};

use crate::prompts::GPRM;
use crate::settings::Critique;
use crate::verdict::VerdictForm;

/// A generative process reward model (gPRM): writes a critique of each step, and a verdict on the whole.
///
/// It gives one reward for each critique: the probability of Yes against No at the verdict `Is the solution correct?`.
/// Aggregate by `mean`, as the paper does.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-touchstone-templates" = ["gprm.jinja"]))]
pub struct Gprm(pub Critique);

touchstone::register!(Verifier, "gprm", Gprm);

/// The exact form of the verdict (spec: generative reward models), up to the word.
pub(crate) const VERDICT: VerdictForm = VerdictForm { before: "Is the solution correct?" };

impl VerifierSettings for Gprm {
    fn open(&self, context: &Context) -> Result<Box<dyn Verifier>> {
        self.0.open("gprm", GPRM, VERDICT, context)
    }
}
