//! The nucleus: the likeliest tokens that together have most of the mass.

use serde::{Deserialize, Serialize};

use crate::rank::{Rank, last_of_fewest};
use crate::weight::{total, weight};

/// The mass that the likeliest tokens must reach: above 0 and at most 1, which is off.
///
/// The smallest set of likeliest tokens that reaches it is kept: a token is kept while the mass before it is below `top_p`,
/// where tokens come in descending order of their probability, and of equally likely ones the lower id first. (Holtzman et al.,
/// "The Curious Case of Neural Text Degeneration", 2020.)
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
pub struct TopP(#[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0))] f64);

impl TopP {
    /// Masks the tokens that are dropped. No logit may be above 0, and one must have a weight.
    pub(crate) fn apply(self, logits: &mut [f32]) {
        if self.0 >= 1.0 {
            return;
        }
        let total = total(logits);
        let negligible = self.negligible(logits.len(), total);
        let candidates = (0..).zip(&*logits).filter(|(_, logit)| **logit >= negligible);
        let mut ranks: Vec<Rank> = candidates.map(|(token, logit)| Rank::new(*logit, token)).collect();
        let mass = |token: usize| f64::from(weight(logits[token]));
        let Some(last) = last_of_fewest(&mut ranks, self.0 * total, mass) else { return };
        for logit in &mut *logits {
            *logit = if *logit < negligible { f32::NEG_INFINITY } else { *logit };
        }
        for dropped in ranks.iter().filter(|rank| **rank > last) {
            logits[dropped.token()] = f32::NEG_INFINITY;
        }
    }

    /// A logit below which no token is needed, so that only a few have to be put in order.
    ///
    /// The mass to be dropped, shared out evenly, is what each of `count` tokens may weigh: all that weigh less can be dropped
    /// together. Half of that leaves room for rounding.
    fn negligible(self, count: usize, total: f64) -> f32 {
        let dropped = (1.0 - self.0) * total;
        (dropped / (2.0 * count as f64)).ln() as f32
    }
}

impl Default for TopP {
    fn default() -> Self {
        Self(1.0)
    }
}

impl TryFrom<f64> for TopP {
    type Error = String;
    fn try_from(mass: f64) -> Result<Self, String> {
        if mass > 0.0 && mass <= 1.0 {
            Ok(Self(mass))
        } else {
            Err(format!("top_p is {mass}, and must be above 0 and at most 1"))
        }
    }
}

impl From<TopP> for f64 {
    fn from(mass: TopP) -> Self {
        mass.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NONE: f32 = f32::NEG_INFINITY;

    fn kept(top_p: f64, logits: &[f32]) -> Vec<usize> {
        let mut masked = logits.to_vec();
        TopP::try_from(top_p).unwrap().apply(&mut masked);
        for (masked, logit) in masked.iter().zip(logits) {
            assert!(masked == logit || *masked == NONE);
        }
        (0..logits.len()).filter(|token| masked[*token] > NONE).collect()
    }

    /// Logits of these weights.
    fn logits(weights: &[f32]) -> Vec<f32> {
        weights.iter().map(|weight| weight.ln()).collect()
    }

    #[test]
    fn the_likeliest_are_kept_until_their_mass_reaches_top_p() {
        // Probabilities of 0.1, 0.5, 0, 0.3 and 0.1.
        let logits = logits(&[0.2, 1.0, 0.0, 0.6, 0.2]);
        assert_eq!(kept(0.3, &logits), [1]);
        assert_eq!(kept(0.49, &logits), [1]);
        assert_eq!(kept(0.51, &logits), [1, 3]);
        assert_eq!(kept(0.79, &logits), [1, 3]);
        assert_eq!(kept(0.81, &logits), [0, 1, 3]);
        assert_eq!(kept(0.91, &logits), [0, 1, 3, 4]);
        assert_eq!(kept(1.0, &logits), [0, 1, 3, 4]);
    }

    #[test]
    fn a_mass_that_is_reached_exactly_needs_no_further_token_and_of_equals_the_lower_id_is_kept() {
        let equal = [0.0; 4];
        assert_eq!(kept(0.25, &equal), [0]);
        assert_eq!(kept(0.5, &equal), [0, 1]);
        assert_eq!(kept(0.500_000_1, &equal), [0, 1, 2]);
        assert_eq!(kept(0.75, &[NONE, -0.0, 0.0, -0.0, 0.0]), [1, 2, 3]);
        assert_eq!(kept(0.25, &vec![0.0; 100_000]), (0..25_000).collect::<Vec<_>>());
    }

    #[test]
    fn one_token_at_least_is_kept_and_all_that_weigh_where_hardly_anything_may_be_dropped() {
        assert_eq!(kept(f64::MIN_POSITIVE, &[-3.0, 0.0, -1.0]), [1]);
        assert_eq!(kept(f64::MIN_POSITIVE, &[0.0]), [0]);
        assert_eq!(kept(1.0 - f64::EPSILON, &[-30.0, 0.0, -1.0]), [0, 1, 2]);
    }

    #[test]
    fn a_distribution_without_its_likeliest_tokens_is_cut_likewise() {
        let low: Vec<f32> = logits(&[0.2, 1.0, 0.0, 0.6, 0.2]).iter().map(|logit| logit - 30.0).collect();
        assert_eq!(kept(0.79, &low), [1, 3]);
    }

    #[test]
    fn a_mass_out_of_range_is_refused_by_name() {
        for bad in [0.0, -0.1, 1.0001, f64::NAN, f64::INFINITY] {
            let message = TopP::try_from(bad).unwrap_err();
            assert!(message.starts_with("top_p is") && message.contains("above 0 and at most 1"), "{message}");
        }
    }

    fn any_logits() -> impl Strategy<Value = Vec<f32>> {
        let logit = prop_oneof![
            1 => Just(NONE), 1 => Just(f32::MIN), 3 => (-9i8..=0).prop_map(f32::from), 6 => -20.0f32..=0.0
        ];
        prop::collection::vec(logit, 1..900).prop_map(|mut logits| {
            logits[0] = 0.0;
            logits
        })
    }

    proptest! {
        /// With exact exponentials and a full sort. Rounding may decide where the mass is reached to one part in a million.
        #[test]
        fn partial_selection_keeps_what_a_full_sort_keeps(logits in any_logits(), top_p in 0.001..0.9999) {
            let mut sorted: Vec<usize> = (0..logits.len()).filter(|token| logits[*token] > NONE).collect();
            sorted.sort_by(|left, right| logits[*right].total_cmp(&logits[*left]));
            let mass = |token: &usize| f64::from(logits[*token]).exp();
            let total: f64 = sorted.iter().map(mass).sum();
            let needed = |share: f64| {
                let mut before = 0.0;
                sorted.iter().take_while(|token| { let within = before < share * total; before += mass(token); within }).count()
            };
            let kept = kept(top_p, &logits);
            prop_assert!((needed(top_p - 1e-6)..=needed(top_p + 1e-6)).contains(&kept.len()), "{} kept", kept.len());
            let mut expected = sorted[..kept.len()].to_vec();
            expected.sort_unstable();
            prop_assert_eq!(kept, expected);
        }
    }
}
