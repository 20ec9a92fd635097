//! `log_odds`: rewards as independent evidence.

use serde::{Deserialize, Serialize};
use touchstone::aggregator::{Aggregator, present};

/// The sum of the rewards' log-odds, `ln(p / (1 - p))`.
///
/// Assumes that each reward is independent evidence of whether the CoT is right: weights of evidence add up (I. J. Good,
/// "Probability and the Weighing of Evidence", 1950). One half, and so a missing reward, is no evidence. The value is no
/// probability: it is negative where the evidence is against the CoT, and in a weighted vote then counts against its answer.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogOdds {
    /// Rewards are kept this far from 0 and 1, so that one of them cannot decide alone: from 1e-15 to below 0.5.
    #[serde(default)]
    pub clamp: Clamp,
}

touchstone::register!(Aggregator, "log_odds", LogOdds);

impl Aggregator for LogOdds {
    fn aggregate(&self, rewards: &[Option<f64>]) -> touchstone::Result<f64> {
        let Clamp(margin) = self.clamp;
        let log_odds = |reward: f64| {
            let reward = reward.clamp(margin, 1.0 - margin);
            reward.ln() - (-reward).ln_1p()
        };
        Ok(present(rewards).map(log_odds).sum())
    }
}

/// How far rewards are kept from certainty: from 1e-15 to below 0.5.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
pub struct Clamp(#[schemars(range(min = 1e-15, max = 0.5))] f64);

impl Clamp {
    /// Below this a reward of 1 less the clamp would round to 1 again.
    const SMALLEST: f64 = 1e-15;
}

impl Default for Clamp {
    fn default() -> Self {
        Self(1e-6)
    }
}

impl TryFrom<f64> for Clamp {
    type Error = String;
    fn try_from(margin: f64) -> Result<Self, String> {
        if (Self::SMALLEST..0.5).contains(&margin) {
            Ok(Self(margin))
        } else {
            Err(format!("clamp is {margin}, and must be at least 1e-15 and below 0.5"))
        }
    }
}

impl From<Clamp> for f64 {
    fn from(clamp: Clamp) -> Self {
        clamp.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log_odds(rewards: &[Option<f64>]) -> f64 {
        LogOdds::default().aggregate(rewards).unwrap()
    }

    #[test]
    fn evidence_adds_up_and_one_half_is_none() {
        assert!((log_odds(&[Some(0.75), None, Some(0.75)]) - 9f64.ln()).abs() < 1e-12);
        assert_eq!(log_odds(&[]), 0.0);
    }

    #[test]
    fn evidence_for_and_against_cancels() {
        assert!(log_odds(&[Some(0.9), Some(0.1)]).abs() < 1e-12);
        assert!(log_odds(&[Some(0.2)]) < 0.0);
    }

    #[test]
    fn certainty_is_clamped_to_a_finite_value() {
        assert!((log_odds(&[Some(1.0)]) - 999_999f64.ln()).abs() < 1e-9);
        assert!((log_odds(&[Some(0.0)]) + 999_999f64.ln()).abs() < 1e-9);
        let tightest = LogOdds { clamp: Clamp::try_from(1e-15).unwrap() };
        assert!(tightest.aggregate(&[Some(1.0)]).unwrap().is_finite());
    }

    #[test]
    fn a_clamp_without_sense_is_refused_by_name() {
        for bad in [0.0, 0.5, -1.0, 1e-16, f64::NAN, f64::INFINITY] {
            let message = Clamp::try_from(bad).unwrap_err();
            assert!(message.starts_with("clamp is"), "{message}");
        }
    }
}
