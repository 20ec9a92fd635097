//! What has been said is said less readily again.

use serde::{Deserialize, Serialize};
use touchstone::sampler::TokenId;

/// By how much the logits of tokens that occurred are lowered: above 0 and finite; 1 is off, below 1 repetition is favoured.
///
/// Every token of the prompt and of the text so far counts once, however often it occurred: a logit above 0 is divided by the
/// penalty, another is multiplied by it. (Keskar et al., "CTRL: A Conditional Transformer Language Model for Controllable
/// Generation", 2019; as in vLLM, which counts the prompt, too.)
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
pub struct RepetitionPenalty(#[schemars(extend("exclusiveMinimum" = 0))] f64);

impl RepetitionPenalty {
    /// Lowers the logits of the tokens in `history`. Those of tokens beyond the vocabulary are passed over.
    pub(crate) fn apply(self, logits: &mut [f32], history: &[TokenId]) {
        if self.0 == 1.0 {
            return;
        }
        let mut done = vec![false; logits.len()];
        for TokenId(token) in history {
            let place = *token as usize;
            if let (Some(logit), Some(done)) = (logits.get_mut(place), done.get_mut(place))
                && !std::mem::replace(done, true)
            {
                *logit = self.lowered(*logit);
            }
        }
    }

    /// A finite logit stays finite: where the result would be beyond 32-bit numbers, it is the greatest or lowest of them.
    fn lowered(self, logit: f32) -> f32 {
        if !logit.is_finite() {
            return logit;
        }
        let exact = f64::from(logit);
        let lowered = if exact > 0.0 { exact / self.0 } else { exact * self.0 };
        (lowered as f32).clamp(f32::MIN, f32::MAX)
    }
}

impl Default for RepetitionPenalty {
    fn default() -> Self {
        Self(1.0)
    }
}

impl TryFrom<f64> for RepetitionPenalty {
    type Error = String;
    fn try_from(penalty: f64) -> Result<Self, String> {
        if penalty > 0.0 && penalty.is_finite() {
            Ok(Self(penalty))
        } else {
            Err(format!("repetition_penalty is {penalty}, and must be above 0 and finite"))
        }
    }
}

impl From<RepetitionPenalty> for f64 {
    fn from(penalty: RepetitionPenalty) -> Self {
        penalty.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn penalised(penalty: f64, logits: &[f32], history: &[u32]) -> Vec<f32> {
        let mut logits = logits.to_vec();
        let history: Vec<TokenId> = history.iter().copied().map(TokenId).collect();
        RepetitionPenalty::try_from(penalty).unwrap().apply(&mut logits, &history);
        logits
    }

    #[test]
    fn a_logit_above_zero_is_divided_and_another_multiplied() {
        assert_eq!(penalised(2.0, &[4.0, -4.0, 0.0, 1.0], &[0, 1, 2]), [2.0, -8.0, 0.0, 1.0]);
        assert_eq!(penalised(0.5, &[4.0, -4.0], &[0, 1]), [8.0, -2.0]);
    }

    #[test]
    fn a_token_counts_once_however_often_it_occurred() {
        assert_eq!(penalised(2.0, &[8.0, 8.0], &[1, 1, 1]), [8.0, 4.0]);
    }

    #[test]
    fn one_changes_nothing_and_tokens_beyond_the_vocabulary_are_passed_over() {
        assert_eq!(penalised(1.0, &[4.0, -4.0], &[0, 1]), [4.0, -4.0]);
        assert_eq!(penalised(2.0, &[4.0, -4.0], &[2, u32::MAX]), [4.0, -4.0]);
        assert!(penalised(2.0, &[], &[0]).is_empty());
    }

    #[test]
    fn finite_logits_stay_finite_and_others_stay_what_they_are() {
        let hostile = [f32::MAX, f32::MIN, f32::NEG_INFINITY, f32::INFINITY, f32::NAN, 1e-40];
        let history = [0, 1, 2, 3, 4, 5];
        for penalty in [f64::MIN_POSITIVE, 1e-300, 1e300, f64::MAX] {
            let penalised = penalised(penalty, &hostile, &history);
            assert!(penalised[0].is_finite() && penalised[1].is_finite() && penalised[5].is_finite(), "{penalised:?}");
            assert_eq!(penalised[2..4], [f32::NEG_INFINITY, f32::INFINITY]);
            assert!(penalised[4].is_nan());
        }
    }

    #[test]
    fn a_penalty_out_of_range_is_refused_by_name() {
        for bad in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY] {
            let message = RepetitionPenalty::try_from(bad).unwrap_err();
            assert!(message.starts_with("repetition_penalty is") && message.contains("above 0"), "{message}");
        }
    }
}
