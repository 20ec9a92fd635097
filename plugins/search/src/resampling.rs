//! Drawing particles.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How N particles are drawn out of N by their weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resampling {
    /// Each on its own, as Puri et al. (2025) draw.
    #[default]
    Multinomial,
    /// By one random number and N - 1 more in equal distances from it (Kitagawa 1996, "Monte Carlo Filter and Smoother"). A
    /// particle of weight w is then drawn N·w times, rounded up or down, which keeps more of them alive.
    Systematic,
}

impl Resampling {
    /// How often each particle is drawn. The weights add up to 1.
    pub(crate) fn draw(self, weights: &[f64], mut uniforms: Uniforms) -> Vec<usize> {
        let count = weights.len();
        let mut points: Vec<f64> = match self {
            Self::Multinomial => (0..count).map(|_| uniforms.next()).collect(),
            Self::Systematic => {
                let start = uniforms.next();
                (0..count).map(|place| (place as f64 + start) / count as f64).collect()
            }
        };
        points.sort_unstable_by(f64::total_cmp);
        times_hit(weights, &points)
    }
}

/// How many of the ascending points lie in each weight's share of 0 to 1, the shares being laid end to end.
fn times_hit(weights: &[f64], points: &[f64]) -> Vec<usize> {
    let mut times = vec![0; weights.len()];
    // Rounding may leave the last points beyond the end: they are the last particle's that has a weight.
    let last = weights.iter().rposition(|weight| *weight > 0.0).unwrap_or_default();
    let (mut place, mut end) = (0, weights.first().copied().unwrap_or_default());
    for point in points {
        while *point >= end && place < last {
            place += 1;
            end += weights[place];
        }
        if let Some(times) = times.get_mut(place) {
            *times += 1;
        }
    }
    times
}

/// By what logits are divided before the softmax: above 0 and finite.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(extend("exclusiveMinimum" = 0))]
pub struct Temperature(f64);

impl TryFrom<f64> for Temperature {
    type Error = Error;
    fn try_from(temperature: f64) -> Result<Self> {
        if temperature > 0.0 && temperature.is_finite() {
            return Ok(Self(temperature));
        }
        Err(Error::setting("temperature", format!("{temperature} is not above 0 and finite")))
    }
}

impl From<Temperature> for f64 {
    fn from(temperature: Temperature) -> Self {
        temperature.0
    }
}

impl Default for Temperature {
    fn default() -> Self {
        Self(1.0)
    }
}

/// How near to 0 and 1 a probability may be before its logit is taken, so that a reward of 0 is not the end, and several of 1
/// can be compared.
const NEAREST: f64 = 1e-7;

/// The softmax of the logits, ln(p / (1 - p)), of these probabilities over the temperature. Values of an aggregator that are
/// no probabilities count as the nearest one.
pub(crate) fn softmax_of_logits(values: &[f64], Temperature(temperature): Temperature) -> Vec<f64> {
    let logit = |value: &f64| {
        let probability = value.clamp(NEAREST, 1.0 - NEAREST);
        (probability / (1.0 - probability)).ln() / temperature
    };
    let logits: Vec<f64> = values.iter().map(logit).collect();
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logits.iter().map(|logit| (logit - highest).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

/// Random numbers from 0 to below 1, which follow from seed, round and prompt.
pub(crate) struct Uniforms(ChaCha8Rng);

impl Uniforms {
    /// ChaCha with eight rounds; its key is the seed and a hash of the prompt, its stream the round.
    pub fn new(seed: u64, round: u64, prompt: &str) -> Self {
        // 64-bit FNV-1a.
        let hash = prompt
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        let mut key = <ChaCha8Rng as SeedableRng>::Seed::default();
        let bytes = seed.to_le_bytes().into_iter().chain(hash.to_le_bytes());
        key.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        let mut random = ChaCha8Rng::from_seed(key);
        random.set_stream(round);
        Self(random)
    }

    fn next(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn softmax(values: &[f64], temperature: f64) -> Vec<f64> {
        softmax_of_logits(values, temperature.try_into().unwrap())
    }

    fn near(left: &[f64], right: &[f64]) -> bool {
        left.iter().zip(right).all(|(left, right)| (left - right).abs() < 1e-12)
    }

    #[test]
    fn at_temperature_one_weights_are_in_proportion_to_the_odds() {
        // Odds of 4, 1 and 1/4.
        assert!(near(&softmax(&[0.8, 0.5, 0.2], 1.0), &[16.0 / 21.0, 4.0 / 21.0, 1.0 / 21.0]));
        // Their square roots.
        assert!(near(&softmax(&[0.8, 0.5, 0.2], 2.0), &[4.0 / 7.0, 2.0 / 7.0, 1.0 / 7.0]));
        assert_eq!(softmax(&[0.0, 0.0], 1.0), [0.5, 0.5]);
        assert_eq!(softmax(&[1.0, 7.0], 0.01), [0.5, 0.5]);
    }

    #[test]
    fn points_fall_into_shares_that_lie_end_to_end() {
        assert_eq!(times_hit(&[0.5, 0.25, 0.25], &[0.0, 0.49, 0.5]), [2, 1, 0]);
        assert_eq!(times_hit(&[0.0, 1.0, 0.0], &[0.0, 0.3, 1.0]), [0, 3, 0]);
        assert_eq!(times_hit(&[0.1; 10], &[0.05, 0.999_999_999_999_999_9]), [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn systematic_resampling_draws_as_often_as_the_weight_says_rounded() {
        let weights = [0.1, 0.4, 0.375, 0.125];
        for seed in 0..200 {
            let times = Resampling::Systematic.draw(&weights, Uniforms::new(seed, 0, ""));
            for (times, weight) in times.iter().zip(weights) {
                assert!((*times as f64 - 4.0 * weight).abs() < 1.0, "{times} of {weight}");
            }
        }
        assert_eq!(Resampling::Systematic.draw(&[0.25; 4], Uniforms::new(7, 0, "")), [1; 4]);
    }

    #[test]
    fn both_ways_draw_in_proportion_to_the_weights() {
        let weights = [0.6, 0.3, 0.1];
        for resampling in [Resampling::Multinomial, Resampling::Systematic] {
            let mut sums = [0.0; 3];
            for round in 0..4000 {
                let times = resampling.draw(&weights, Uniforms::new(42, round, "?"));
                sums.iter_mut().zip(times).for_each(|(sum, times)| *sum += times as f64 / 12_000.0);
            }
            // Four standard deviations of a share of 12 000 draws are 0.018 at most.
            for (share, weight) in sums.iter().zip(weights) {
                assert!((share - weight).abs() < 0.018, "{resampling:?}: {sums:?}");
            }
        }
    }

    #[test]
    fn numbers_hang_on_seed_round_and_prompt() {
        let first = |seed, round, prompt| Uniforms::new(seed, round, prompt).next().to_bits();
        assert_eq!(first(1, 2, "a"), first(1, 2, "a"));
        let others = [first(1, 2, "a"), first(0, 2, "a"), first(1, 3, "a"), first(1, 2, "b")];
        assert_eq!(std::collections::HashSet::from(others).len(), 4);
    }

    #[test]
    fn a_temperature_is_above_zero() {
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Temperature::try_from(wrong).unwrap_err().to_string().contains("not above 0"));
        }
    }

    proptest! {
        #[test]
        fn as_many_are_drawn_as_there_are(values in prop::collection::vec(0.0..=1.0_f64, 1..40), seed: u64) {
            let weights = softmax(&values, 1.0);
            for resampling in [Resampling::Multinomial, Resampling::Systematic] {
                let times = resampling.draw(&weights, Uniforms::new(seed, 0, "x"));
                prop_assert_eq!(times.iter().sum::<usize>(), values.len());
            }
        }
    }
}
