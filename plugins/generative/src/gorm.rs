//! `gorm`: a generative outcome reward model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::{Context, Result, Verifier, VerifierSettings};

use crate::prompts::GORM;
use crate::settings::Critique;
use crate::verdict::VerdictForm;

/// A generative outcome reward model (gORM): writes a critique of the whole solution, and a verdict on its answer.
///
/// It gives one reward for each critique: the probability of Yes against No at the verdict
/// `Verification: Is the answer correct (Yes/No)?`. Aggregate by `mean`, as the paper does.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-touchstone-templates" = ["gorm.jinja"]))]
pub struct Gorm(pub Critique);

touchstone::register!(Verifier, "gorm", Gorm);

/// The exact form of the verdict (spec: generative reward models), up to the word.
pub(crate) const VERDICT: VerdictForm = VerdictForm { before: "Verification: Is the answer correct (Yes/No)?" };

impl VerifierSettings for Gorm {
    fn open(&self, context: &Context) -> Result<Box<dyn Verifier>> {
        self.0.open("gorm", GORM, VERDICT, context)
    }
}
