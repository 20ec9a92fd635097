//! `temperature`: a token drawn at random, by its probability, from those that the filters leave.

use serde::{Deserialize, Serialize};
use touchstone::sampler::{Draw, Sampler, TokenId};
use touchstone::{Error, Result};

use crate::likeliest::{greatest, likeliest};
use crate::{MinP, RepetitionPenalty, TopK, TopP, TypicalP, draw};

const NAME: &str = "temperature";

/// A token drawn at random, by its probability, from those that min-p, top-k, typical-p and top-p leave.
///
/// The order is vLLM's: repetition penalty, temperature, min-p, top-k, typical-p, top-p, then the draw; each sees the
/// distribution that those before it left. (llama.cpp by default has the temperature last.) The draw follows from the seed, the
/// sequence and the position alone: what else is in the batch makes no difference.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Temperature {
    /// What logits are divided by: at least 0; above 1 unlikely tokens become likelier, below 1e-5 the likeliest is chosen.
    #[serde(default)]
    pub temperature: SoftmaxTemperature,
    /// How many of the likeliest tokens are kept; 0 is off. Tokens that tie with the last of them are kept, too.
    #[serde(default)]
    pub top_k: TopK,
    /// The likeliest tokens are kept until their mass reaches this: above 0 and at most 1, which is off.
    #[serde(default)]
    pub top_p: TopP,
    /// Tokens below this share of the likeliest one's probability are dropped: from 0, which is off, to 1.
    #[serde(default)]
    pub min_p: MinP,
    /// The tokens whose surprisal is nearest to the entropy are kept until their mass reaches this: above 0 and at most 1,
    /// which is off.
    #[serde(default)]
    pub typical_p: TypicalP,
    /// Makes tokens of the prompt and of the text so far less likely: above 0; 1 is off, and below 1 they become likelier.
    #[serde(default)]
    pub repetition_penalty: RepetitionPenalty,
}

touchstone::register!(Sampler, "temperature", Temperature);

impl Sampler for Temperature {
    fn sample(&self, logits: &mut [f32], history: &[TokenId], draw: Draw) -> Result<TokenId> {
        self.repetition_penalty.apply(logits, history);
        if self.temperature.is_greedy() {
            return likeliest(logits, NAME);
        }
        self.temperature.apply(logits, greatest(logits, NAME)?);
        self.filter(logits);
        let token = draw::choose(logits, draw::uniform(draw));
        token.ok_or_else(|| Error::plugin(NAME, "no token is left that has a probability"))
    }
}

impl Temperature {
    /// Masks the tokens that the filters drop. The greatest logit must be 0.
    fn filter(&self, logits: &mut [f32]) {
        self.min_p.apply(logits);
        self.top_k.apply(logits);
        self.typical_p.apply(logits);
        self.top_p.apply(logits);
    }
}

/// What logits are divided by before they become probabilities: at least 0 and finite.
///
/// 1 leaves the model's distribution as it is, lower ones sharpen it and higher ones flatten it. Below 1e-5 the likeliest token
/// is chosen, as in vLLM, and the filters do not matter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
pub struct SoftmaxTemperature(#[schemars(range(min = 0.0))] f64);

impl SoftmaxTemperature {
    /// The lowest temperature at which tokens are drawn; as in vLLM.
    const LOWEST: f64 = 1e-5;

    fn is_greedy(self) -> bool {
        self.0 < Self::LOWEST
    }

    /// Divides the logits, counted from the greatest: it becomes 0, whatever the temperature, and nothing grows beyond 32-bit
    /// numbers. A logit that falls below them becomes negative infinity; its probability is 0.
    fn apply(self, logits: &mut [f32], greatest: f32) {
        if self.0 == 1.0 {
            logits.iter_mut().for_each(|logit| *logit -= greatest);
        } else {
            // In 64 bits: in 32, a great temperature is infinite, and its inverse 0.
            let inverse = 1.0 / self.0;
            logits.iter_mut().for_each(|logit| *logit = (f64::from(*logit - greatest) * inverse) as f32);
        }
    }
}

impl Default for SoftmaxTemperature {
    fn default() -> Self {
        Self(1.0)
    }
}

impl TryFrom<f64> for SoftmaxTemperature {
    type Error = String;
    fn try_from(temperature: f64) -> Result<Self, String> {
        if temperature >= 0.0 && temperature.is_finite() {
            Ok(Self(temperature))
        } else {
            Err(format!("temperature is {temperature}, and must be at least 0 and finite"))
        }
    }
}

impl From<SoftmaxTemperature> for f64 {
    fn from(temperature: SoftmaxTemperature) -> Self {
        temperature.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: f32 = f32::NEG_INFINITY;

    fn sampler(settings: &str) -> Temperature {
        serde_json::from_str(settings).unwrap()
    }

    fn draw(position: u64) -> Draw {
        Draw { seed: 42, sequence: 0, position }
    }

    fn scaled(temperature: f64, logits: &[f32]) -> Vec<f32> {
        let mut logits = logits.to_vec();
        let greatest = greatest(&logits, NAME).unwrap();
        SoftmaxTemperature::try_from(temperature).unwrap().apply(&mut logits, greatest);
        logits
    }

    /// The tokens that can be drawn, found by drawing 2,000 times: one of a probability of 1 % is missed once in 10^8.
    fn drawn(settings: &str, logits: &[f32], history: &[u32]) -> Vec<u32> {
        let history: Vec<TokenId> = history.iter().copied().map(TokenId).collect();
        let sampler = sampler(settings);
        let token = |position| sampler.sample(&mut logits.to_vec(), &history, draw(position)).unwrap().0;
        let tokens: std::collections::BTreeSet<u32> = (0..2000).map(token).collect();
        tokens.into_iter().collect()
    }

    /// Logits of these weights.
    fn logits(weights: &[f32]) -> Vec<f32> {
        weights.iter().map(|weight| weight.ln()).collect()
    }

    #[test]
    fn logits_are_counted_from_the_greatest_and_divided() {
        assert_eq!(scaled(1.0, &[3.0, 1.0, NONE]), [0.0, -2.0, NONE]);
        assert_eq!(scaled(0.5, &[3.0, 1.0, NONE]), [0.0, -4.0, NONE]);
        assert_eq!(scaled(2.0, &[3.0, 1.0, NONE]), [0.0, -1.0, NONE]);
    }

    #[test]
    fn no_temperature_makes_a_logit_positive_infinite_or_nan() {
        for temperature in [1e-5, 1.0, 3e38, 1e39, 1e300, f64::MAX] {
            let scaled = scaled(temperature, &[f32::MAX, f32::MIN, 0.0, NONE, f32::MAX]);
            assert_eq!((scaled[0], scaled[4], scaled[3]), (0.0, 0.0, NONE), "{temperature}");
            assert!(scaled.iter().all(|logit| *logit <= 0.0), "{temperature}: {scaled:?}");
        }
    }

    #[test]
    fn below_the_lowest_temperature_the_likeliest_is_chosen_and_the_penalty_still_holds() {
        let nearly = [1.0, 1.000_000_1, 0.0, 1.000_000_1];
        assert_eq!(drawn(r#"{"temperature": 0}"#, &nearly, &[]), [1]);
        assert_eq!(drawn(r#"{"temperature": 0.0000099, "typical_p": 0.1, "top_k": 1}"#, &nearly, &[]), [1]);
        assert_eq!(drawn(r#"{"temperature": 0.00001}"#, &nearly, &[]), [0, 1, 3]);
        assert_eq!(drawn(r#"{"temperature": 0, "repetition_penalty": 1.5}"#, &nearly, &[1]), [3]);
    }

    #[test]
    fn the_penalty_comes_before_the_temperature() {
        // Counted from the greatest, no logit is above 0: a penalty after that would multiply what it has to divide.
        let settings = r#"{"repetition_penalty": 2, "min_p": 0.9}"#;
        assert_eq!(drawn(settings, &[4.0, 2.0, -1.0], &[0]), [0, 1]);
        assert_eq!(drawn(settings, &[4.0, 3.0, -1.0], &[0]), [1]);
    }

    #[test]
    fn the_temperature_comes_before_min_p() {
        // A tenth of the likeliest's probability is, at a temperature of 2, the root of a tenth: 0.32.
        let logits = logits(&[1.0, 0.1]);
        assert_eq!(drawn(r#"{"min_p": 0.2}"#, &logits, &[]), [0]);
        assert_eq!(drawn(r#"{"min_p": 0.2, "temperature": 2}"#, &logits, &[]), [0, 1]);
    }

    #[test]
    fn min_p_comes_before_top_p() {
        // Min-p leaves the first two, and five eighths of their mass are the first one's. Top-p alone keeps two.
        let logits = logits(&[0.5, 0.3, 0.1, 0.1]);
        assert_eq!(drawn(r#"{"top_p": 0.6}"#, &logits, &[]), [0, 1]);
        assert_eq!(drawn(r#"{"top_p": 0.6, "min_p": 0.5}"#, &logits, &[]), [0]);
    }

    #[test]
    fn top_k_comes_before_typical_p() {
        // Of the first two alone, the first is the more typical; of all four, the second and the third are.
        let logits = logits(&[0.4, 0.3, 0.2, 0.1]);
        assert_eq!(drawn(r#"{"typical_p": 0.45}"#, &logits, &[]), [1, 2]);
        assert_eq!(drawn(r#"{"typical_p": 0.45, "top_k": 2}"#, &logits, &[]), [0]);
    }

    #[test]
    fn typical_p_comes_before_top_p() {
        // Typical-p leaves the second and the third, and three fifths of their mass are the second's. Top-p alone keeps the first
        // two, of which the first is the more typical.
        let logits = logits(&[0.4, 0.3, 0.2, 0.1]);
        assert_eq!(drawn(r#"{"top_p": 0.5}"#, &logits, &[]), [0, 1]);
        assert_eq!(drawn(r#"{"typical_p": 0.45, "top_p": 0.5}"#, &logits, &[]), [1]);
    }

    #[test]
    fn errors_name_the_sampler() {
        for wrong in [&mut [][..], &mut [NONE; 3], &mut [0.0, f32::NAN], &mut [f32::INFINITY, 0.0]] {
            for settings in ["{}", r#"{"temperature": 0}"#, r#"{"top_p": 0.5, "top_k": 1}"#] {
                let message = sampler(settings).sample(wrong, &[], draw(0)).unwrap_err().to_string();
                assert!(message.contains("\"temperature\""), "{message}");
            }
        }
    }

    #[test]
    fn a_temperature_out_of_range_is_refused_by_name() {
        for bad in [-0.1, f64::NAN, f64::INFINITY] {
            let message = SoftmaxTemperature::try_from(bad).unwrap_err();
            assert!(message.starts_with("temperature is") && message.contains("at least 0"), "{message}");
        }
    }
}
