//! Tokens that the likeliest one dwarfs are dropped.

use serde::{Deserialize, Serialize};

/// The share of the likeliest token's probability below which tokens are dropped: from 0, which is off, to 1.
///
/// Where the model is sure, few tokens are left; where it is not, many. (Nguyen et al., "Turning Up the Heat: Min-p Sampling for
/// Creative and Coherent LLM Outputs", 2024.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
pub struct MinP(#[schemars(range(min = 0.0, max = 1.0))] f64);

impl MinP {
    /// Masks the tokens that are dropped. The greatest logit must be 0.
    pub(crate) fn apply(self, logits: &mut [f32]) {
        if self.0 == 0.0 {
            return;
        }
        // A share of the greatest probability is a distance from the greatest logit: no probability is worked out. It is
        // rounded as logits are, so that a token right at the share is kept.
        let lowest = self.0.ln() as f32;
        for logit in logits {
            *logit = if *logit < lowest { f32::NEG_INFINITY } else { *logit };
        }
    }
}

impl TryFrom<f64> for MinP {
    type Error = String;
    fn try_from(share: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&share) {
            Ok(Self(share))
        } else {
            Err(format!("min_p is {share}, and must be from 0 to 1"))
        }
    }
}

impl From<MinP> for f64 {
    fn from(share: MinP) -> Self {
        share.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: f32 = f32::NEG_INFINITY;

    fn kept(min_p: f64, logits: &[f32]) -> Vec<usize> {
        let mut masked = logits.to_vec();
        MinP::try_from(min_p).unwrap().apply(&mut masked);
        for (masked, logit) in masked.iter().zip(logits) {
            assert!(masked == logit || *masked == NONE);
        }
        (0..logits.len()).filter(|token| masked[*token] > NONE).collect()
    }

    #[test]
    fn tokens_below_the_share_of_the_likeliest_are_dropped() {
        // Probabilities in the proportion of 10 to 6, 3, 1 and none.
        let logits = [0.3_f32.ln(), 0.0, 0.1_f32.ln(), NONE, 0.6_f32.ln()];
        assert_eq!(kept(0.05, &logits), [0, 1, 2, 4]);
        assert_eq!(kept(0.2, &logits), [0, 1, 4]);
        assert_eq!(kept(0.5, &logits), [1, 4]);
        assert_eq!(kept(0.7, &logits), [1]);
    }

    #[test]
    fn a_token_right_at_the_share_is_kept() {
        assert_eq!(kept(0.5, &[0.0, 0.5_f32.ln(), 0.499_f32.ln()]), [0, 1]);
        assert_eq!(kept(0.25, &[0.25_f32.ln(), 0.0]), [0, 1]);
    }

    #[test]
    fn one_keeps_the_likeliest_and_its_equals_and_zero_keeps_all() {
        assert_eq!(kept(1.0, &[0.0, -1e-6, -0.0]), [0, 2]);
        assert_eq!(kept(0.0, &[0.0, -80.0, f32::MIN]), [0, 1, 2]);
        assert_eq!(kept(f64::MIN_POSITIVE, &[0.0, -700.0, -710.0]), [0, 1]);
    }

    #[test]
    fn a_share_out_of_range_is_refused_by_name() {
        for bad in [-0.1, 1.0001, f64::NAN, f64::INFINITY] {
            let message = MinP::try_from(bad).unwrap_err();
            assert!(message.starts_with("min_p is") && message.contains("from 0 to 1"), "{message}");
        }
    }
}
