//! A library with one verifier, whole: what a third party writes. Build it, then try it:
//!
//! ```text
//! cargo build --package touchstone-sdk --example equations
//! touchstone plugins check target/debug/examples/libequations.so
//! ```

use touchstone_sdk::{Context, Cot, Question, Result, Rewards, Verifier, VerifierSettings};

/// Trusts each step that states an equation.
///
/// Assumes that steps which commit to an equation are checked more carefully by their writer. A baseline for reward models
/// on mathematical questions; it knows nothing elsewhere.
#[touchstone_sdk::settings]
pub struct Equations {
    /// The reward of a step without an equation, from 0 to 1.
    #[serde(default = "half")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub otherwise: f64,
}

fn half() -> f64 {
    0.5
}

impl Verifier for Equations {
    fn score(&self, _context: &Context, _question: &Question, cot: &Cot) -> Result<Rewards> {
        let reward = |step: &str| if step.contains('=') { 1.0 } else { self.otherwise };
        Rewards::new(cot.steps.iter().map(|step| Some(reward(step))).collect())
    }
}

// Nothing to load: the settings are the verifier. A reward model would load its weights here.
impl VerifierSettings for Equations {
    fn open(&self, _context: &Context) -> Result<Box<dyn Verifier>> {
        Ok(Box::new(self.clone()))
    }
}

touchstone_sdk::register!(Verifier, "equations", Equations);
touchstone_sdk::export!(Equations);
