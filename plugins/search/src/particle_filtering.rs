//! `particle_filtering`: solutions multiply or die out by chance, the better the likelier.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::Question;
use touchstone::generator::Prompt;

use crate::attempt::{Attempt, Draft};
use crate::resampling::{Uniforms, softmax_of_logits};
use crate::{Guide, Resampling, Result, Selection, Solution, Solver, Strategy, Temperature, sixteen};

/// Particle filtering (Puri et al. 2025, "A Probabilistic Inference Approach to Inference-Time Scaling of LLMs using
/// Particle-Based Monte Carlo Methods", arXiv 2502.01618, algorithm 1).
///
/// Writes a step of every particle and scores it. Then N particles are drawn out of the N, with probabilities that are the
/// softmax of the rewards' logits over the temperature, and each writes its next step; until all are finished. Finished
/// particles are drawn like the others, and write no more. Where beam search always follows the reward model, a step that it
/// likes less has its chance here, which makes up for the model's errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParticleFiltering {
    /// How many particles, N; 16 unless told otherwise.
    #[serde(default = "sixteen")]
    pub particles: NonZeroUsize,
    /// By what the logits are divided; 1 unless told otherwise, which draws in proportion to the odds. Near 0 only the best
    /// is drawn, far above 1 all are drawn alike.
    #[serde(default)]
    pub temperature: Temperature,
    /// How particles are drawn.
    #[serde(default)]
    pub resampling: Resampling,
    /// What particles are weighed by.
    #[serde(default)]
    pub guide: Guide,
    /// How the answer is chosen among the particles at the end.
    #[serde(default)]
    pub choose: Selection,
}

crate::describe!("particle_filtering", ParticleFiltering);

#[typetag::serde(name = "particle_filtering")]
impl Strategy for ParticleFiltering {
    fn solve(&self, solver: &Solver<'_>, question: &Question, prompt: &Prompt) -> Result<Solution> {
        let mut attempt = Attempt::with_verifier("particle_filtering", solver, question, prompt)?;
        let mut particles = attempt.begin(self.particles.get())?;
        for round in 0.. {
            attempt.score(&mut particles)?;
            if particles.iter().all(|particle| particle.ending.is_some()) {
                break;
            }
            let values = particles.iter().map(|particle| self.guide.value(&attempt, particle));
            let weights = softmax_of_logits(&values.collect::<Result<Vec<_>>>()?, self.temperature);
            let drawn = self.resampling.draw(&weights, Uniforms::new(attempt.seed(), round, &prompt.text));
            particles = next(&mut attempt, particles, &drawn)?;
        }
        attempt.solution(particles, self.choose)
    }
}

/// Each particle as often as it was drawn: the finished as they are, the others each with a next step of its own.
fn next(attempt: &mut Attempt<'_>, particles: Vec<Draft>, drawn: &[usize]) -> Result<Vec<Draft>> {
    let open = particles.iter().zip(drawn).filter(|(particle, _)| particle.ending.is_none());
    let asked: Vec<(&Draft, usize)> = open.map(|(particle, times)| (particle, *times)).collect();
    let mut continued = attempt.expand(&asked)?.into_iter();
    let next = particles.iter().zip(drawn).flat_map(|(particle, times)| match particle.ending {
        Some(_) => vec![particle.clone(); *times],
        None => continued.next().unwrap_or_default(),
    });
    Ok(next.collect())
}
