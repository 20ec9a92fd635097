//! A verifier that looks at each CoT alone.

use touchstone_sdk::{Context, Cot, Question, Result, Rewards, Verifier, VerifierSettings};

/// Trusts each step that states an equation; cannot judge a step that is empty.
#[touchstone_sdk::settings]
pub struct Equations {
    /// The reward of a step without an equation, from 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub otherwise: f64,
}

impl Verifier for Equations {
    fn score(&self, _context: &Context, _question: &Question, cot: &Cot) -> Result<Rewards> {
        let reward = |step: &str| match step.is_empty() {
            true => None,
            false => Some(if step.contains('=') { 1.0 } else { self.otherwise }),
        };
        Rewards::new(cot.steps.iter().map(|step| reward(step)).collect())
    }
}

impl VerifierSettings for Equations {
    fn open(&self, _context: &Context) -> Result<Box<dyn Verifier>> {
        Ok(Box::new(self.clone()))
    }
}
