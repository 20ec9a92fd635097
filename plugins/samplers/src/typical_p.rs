//! Tokens that are about as surprising as the distribution is on average.

use serde::{Deserialize, Serialize};

use crate::rank::{Rank, last_of_fewest};
use crate::weight::{total_and_mean, weight};

/// The mass that the most typical tokens must reach: above 0 and at most 1, which is off.
///
/// The tokens are kept whose surprisal is nearest to the entropy of the distribution, until their mass reaches `typical_p`;
/// those that tie with the last of them are kept, too, as in Hugging Face transformers. The likeliest token may be dropped.
/// (Meister et al., "Locally Typical Sampling", 2022.)
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
pub struct TypicalP(#[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0))] f64);

impl TypicalP {
    /// Masks the tokens that are dropped. The greatest logit must be 0.
    ///
    /// Logits that remain are above -2 ln(vocabulary): the entropy is at most ln(vocabulary), and what is farther from it than
    /// the likeliest token is not needed before that token. So one that remains has a weight.
    pub(crate) fn apply(self, logits: &mut [f32]) {
        if self.0 >= 1.0 {
            return;
        }
        let (total, mean) = total_and_mean(logits);
        // Surprisal is ln(total) - logit, and entropy is its mean, so that their distance is the logit's from the mean logit.
        let distance = |logit: f32| (f64::from(logit) - mean).abs() as f32;
        let remaining = (0..).zip(&*logits).filter(|(_, logit)| **logit > f32::NEG_INFINITY);
        let mut ranks: Vec<Rank> = remaining.map(|(token, logit)| Rank::new(distance(*logit), token)).collect();
        let mass = |token: usize| f64::from(weight(logits[token]));
        let Some(last) = last_of_fewest(&mut ranks, self.0 * total, mass) else { return };
        for dropped in ranks.iter().filter(|rank| rank.has_key_above(last)) {
            logits[dropped.token()] = f32::NEG_INFINITY;
        }
    }
}

impl Default for TypicalP {
    fn default() -> Self {
        Self(1.0)
    }
}

impl TryFrom<f64> for TypicalP {
    type Error = String;
    fn try_from(mass: f64) -> Result<Self, String> {
        if mass > 0.0 && mass <= 1.0 {
            Ok(Self(mass))
        } else {
            Err(format!("typical_p is {mass}, and must be above 0 and at most 1"))
        }
    }
}

impl From<TypicalP> for f64 {
    fn from(mass: TypicalP) -> Self {
        mass.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NONE: f32 = f32::NEG_INFINITY;

    fn kept(typical_p: f64, logits: &[f32]) -> Vec<usize> {
        let mut masked = logits.to_vec();
        TypicalP::try_from(typical_p).unwrap().apply(&mut masked);
        for (masked, logit) in masked.iter().zip(logits) {
            assert!(masked == logit || *masked == NONE);
        }
        (0..logits.len()).filter(|token| masked[*token] > NONE).collect()
    }

    /// Logits of these probabilities.
    fn logits(probabilities: &[f32]) -> Vec<f32> {
        let greatest = probabilities.iter().fold(0.0_f32, |greatest, probability| greatest.max(*probability));
        probabilities.iter().map(|probability| (probability / greatest).ln()).collect()
    }

    /// The entropy is 1.280 nats; the surprisals are 0.916, 1.204, 1.609, 2.303, and so 0.363, 0.076, 0.330, 1.023 from it.
    #[test]
    fn the_most_typical_are_kept_until_their_mass_reaches_typical_p() {
        let logits = logits(&[0.4, 0.3, 0.0, 0.2, 0.1]);
        assert_eq!(kept(0.01, &logits), [1]);
        assert_eq!(kept(0.29, &logits), [1]);
        assert_eq!(kept(0.31, &logits), [1, 3]);
        assert_eq!(kept(0.49, &logits), [1, 3]);
        assert_eq!(kept(0.51, &logits), [0, 1, 3]);
        assert_eq!(kept(0.89, &logits), [0, 1, 3]);
        assert_eq!(kept(0.91, &logits), [0, 1, 3, 4]);
        assert_eq!(kept(1.0, &logits), [0, 1, 3, 4]);
    }

    /// The entropy of the five is 1.505 nats; their surprisals are 0.301, 0.798, 0.301, 0.105 and 0.798 from it.
    #[test]
    fn ties_with_the_last_are_kept() {
        assert_eq!(kept(0.01, &[0.0; 50]), (0..50).collect::<Vec<_>>());
        assert_eq!(kept(0.01, &logits(&[0.3, 0.1, 0.3, 0.2, 0.1])), [3]);
        assert_eq!(kept(0.21, &logits(&[0.3, 0.1, 0.3, 0.2, 0.1])), [0, 2, 3]);
        assert_eq!(kept(0.81, &logits(&[0.3, 0.1, 0.3, 0.2, 0.1])), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn dropped_tokens_and_such_of_no_weight_disturb_nothing() {
        assert_eq!(kept(0.5, &[NONE, 0.0, NONE, f32::MIN, -100.0]), [1]);
        assert_eq!(kept(0.999_999_999, &[0.0]), [0]);
    }

    #[test]
    fn a_mass_out_of_range_is_refused_by_name() {
        for bad in [0.0, -0.1, 1.0001, f64::NAN, f64::INFINITY] {
            let message = TypicalP::try_from(bad).unwrap_err();
            assert!(message.starts_with("typical_p is") && message.contains("above 0 and at most 1"), "{message}");
        }
    }

    proptest! {
        /// By the definition: exact probabilities, their surprisals and their entropy, and a full sort.
        #[test]
        fn what_is_kept_is_what_the_definition_keeps(
            mut logits in prop::collection::vec(-12.0f32..=0.0, 1..500), typical_p in 0.001..0.999
        ) {
            logits[0] = 0.0;
            let total: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
            let probability = |token: usize| f64::from(logits[token]).exp() / total;
            let entropy: f64 = (0..logits.len()).map(|token| -probability(token) * probability(token).ln()).sum();
            let distance = |token: usize| (-probability(token).ln() - entropy).abs();
            let mut sorted: Vec<usize> = (0..logits.len()).collect();
            sorted.sort_by(|left, right| distance(*left).total_cmp(&distance(*right)));
            // The greatest distance kept, were the mass a millionth less or more.
            let reach = |mass: f64| {
                let mut reached = 0.0;
                let last = sorted.iter().find(|token| { reached += probability(**token); reached >= mass });
                distance(last.copied().unwrap_or(sorted[sorted.len() - 1]))
            };
            let (near, far) = (reach(typical_p - 1e-6) - 1e-5, reach(typical_p + 1e-6) + 1e-5);
            let kept = kept(typical_p, &logits);
            for token in 0..logits.len() {
                if distance(token) <= near {
                    prop_assert!(kept.contains(&token), "{} is dropped", token);
                } else if distance(token) > far {
                    prop_assert!(!kept.contains(&token), "{} is kept", token);
                }
            }
        }
    }
}
