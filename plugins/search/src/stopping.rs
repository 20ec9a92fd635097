//! When enough solutions have been sampled to be sure of the vote.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The rule by which [`SelfConsistency`](crate::SelfConsistency) stops before it has sampled all that it may.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Stopping {
    /// Adaptive-Consistency (Aggarwal et al. 2023, "Let's Sample Step by Step", arXiv 2305.11860) with its Beta criterion, the
    /// one that the authors recommend: stops when the answer in the lead, with v₁ votes, is the more probable one of it and
    /// the second, with v₂ votes, with more than this confidence. That is P(p > 1/2) for p ~ Beta(v₁ + 1, v₂ + 1).
    Beta {
        /// How sure to be; 0.95 unless told otherwise.
        #[serde(default)]
        confidence: Confidence,
        /// How many solutions are sampled before the rule is asked again; 1 unless told otherwise, as in the paper. More of
        /// them share batches, and a few more than needed may be sampled.
        #[serde(default = "one")]
        samples_at_once: NonZeroUsize,
    },
    /// Adaptive-Consistency with its Dirichlet criterion: as above, and all answers are looked at: P(p₁ is the highest) for
    /// p ~ Dirichlet(v₁ + 1, …, vₘ + 1) over the m answers that were given. Of two answers it is the Beta criterion.
    Dirichlet {
        /// How sure to be; 0.95 unless told otherwise.
        #[serde(default)]
        confidence: Confidence,
        /// How many solutions are sampled before the rule is asked again; 1 unless told otherwise.
        #[serde(default = "one")]
        samples_at_once: NonZeroUsize,
    },
    /// Early-Stopping Self-Consistency (Li et al. 2024, "Escape Sky-high Cost", arXiv 2401.10480): samples in windows, one after
    /// the other, and stops when all solutions of a window give the same answer.
    Window {
        /// How many solutions a window has; 5 unless told otherwise, as in the paper.
        #[serde(default = "five")]
        size: NonZeroUsize,
    },
}

impl Default for Stopping {
    fn default() -> Self {
        Self::Beta { confidence: Confidence::default(), samples_at_once: one() }
    }
}

const fn one() -> NonZeroUsize {
    NonZeroUsize::MIN
}

const fn five() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(4)
}

impl Stopping {
    /// How many solutions are sampled before the rule is asked again.
    pub fn at_once(&self) -> NonZeroUsize {
        match self {
            Self::Beta { samples_at_once, .. } | Self::Dirichlet { samples_at_once, .. } => *samples_at_once,
            Self::Window { size } => *size,
        }
    }

    /// Whether the vote is as good as decided, after these votes for each answer, in any order. The latest solutions, as many
    /// as are sampled [at once](Self::at_once), `agree` or not: all of them give one answer, or they do not.
    pub fn is_decided(&self, votes: &[u32], latest: Latest) -> bool {
        match self {
            Self::Beta { confidence, .. } => {
                let [first, second] = two_highest(votes);
                beta_confidence(first, second) > confidence.0
            }
            Self::Dirichlet { confidence, .. } => dirichlet_confidence(votes) > confidence.0,
            Self::Window { .. } => latest == Latest::Agree,
        }
    }
}

/// Whether the solutions that were sampled last give the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latest {
    /// All of them, and there are as many as were to be.
    Agree,
    /// They do not; some have none.
    Differ,
}

/// How sure to be: a probability from one half to below 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(extend("minimum" = 0.5, "exclusiveMaximum" = 1))]
pub struct Confidence(f64);

impl TryFrom<f64> for Confidence {
    type Error = Error;
    fn try_from(confidence: f64) -> Result<Self> {
        if (0.5..1.0).contains(&confidence) {
            return Ok(Self(confidence));
        }
        Err(Error::setting("confidence", format!("{confidence} is not from 0.5 to below 1")))
    }
}

impl From<Confidence> for f64 {
    fn from(confidence: Confidence) -> Self {
        confidence.0
    }
}

impl Default for Confidence {
    fn default() -> Self {
        Self(0.95)
    }
}

fn two_highest(votes: &[u32]) -> [u32; 2] {
    votes.iter().fold([0, 0], |[first, second], &votes| match votes {
        votes if votes > first => [votes, first],
        votes => [first, second.max(votes)],
    })
}

/// The probability that the answer with `first` votes is more probable than the one with `second`: P(p > 1/2) for
/// p ~ Beta(first + 1, second + 1).
///
/// For whole numbers the integral is a sum, that of the binomial distribution: of n = first + second + 1 fair coins, `first` or
/// fewer show heads.
///
/// ```
/// use touchstone_search::beta_confidence;
///
/// assert!((beta_confidence(3, 0) - 15.0 / 16.0).abs() < 1e-12);
/// assert!((beta_confidence(4, 0) - 31.0 / 32.0).abs() < 1e-12); // the first above 0.95, if all agree
/// ```
pub fn beta_confidence(first: u32, second: u32) -> f64 {
    let coins = f64::from(first) + f64::from(second) + 1.0;
    let mut logarithm = -coins * std::f64::consts::LN_2;
    let mut sum = 0.0;
    for heads in 0..=first {
        sum += logarithm.exp();
        let heads = f64::from(heads);
        logarithm += ((coins - heads) / (heads + 1.0)).ln();
    }
    sum.min(1.0)
}

/// The probability that the answer with most of these votes is the most probable one: P(p₁ is the highest) for
/// p ~ Dirichlet(v₁ + 1, …, vₘ + 1). Where one answer only was given, another one without a vote is set against it.
///
/// Shares of a Dirichlet distribution compare as independent gamma variables do, so that this is the integral of the density of
/// the leader's over the product of the others' distribution functions. Simpson's rule, to about seven digits.
pub fn dirichlet_confidence(votes: &[u32]) -> f64 {
    const STEPS: u32 = 2000;
    let Some(leader) = (0..votes.len()).max_by_key(|answer| votes[*answer]) else { return 0.5 };
    let mut others: Vec<u32> =
        votes.iter().enumerate().filter(|(at, _)| *at != leader).map(|(_, votes)| *votes).collect();
    if others.is_empty() {
        others.push(0);
    }
    let shape = f64::from(votes[leader]) + 1.0;
    // Beyond this there is no mass that counts.
    let end = shape + 10.0 * shape.sqrt() + 30.0;
    let width = end / f64::from(STEPS);
    let sum: f64 = (0..=STEPS)
        .map(|step| {
            let weight = match step {
                0 | STEPS => 1.0,
                step if step % 2 == 1 => 4.0,
                _ => 2.0,
            };
            let at = width * f64::from(step);
            weight
                * gamma_density(votes[leader], at)
                * others.iter().map(|votes| gamma_below(*votes, at)).product::<f64>()
        })
        .sum();
    (sum * width / 3.0).min(1.0)
}

/// The density of the gamma distribution of the shape `votes + 1` at x: e^-x x^votes / votes!.
fn gamma_density(votes: u32, x: f64) -> f64 {
    (1..=votes).fold(-x, |logarithm, factor| logarithm + (x / f64::from(factor)).ln()).exp()
}

/// The probability that it is below x: 1 - e^-x Σ x^j / j! for j from 0 to `votes`.
fn gamma_below(votes: u32, x: f64) -> f64 {
    let mut logarithm = -x;
    let mut above = logarithm.exp();
    for factor in 1..=votes {
        logarithm += (x / f64::from(factor)).ln();
        above += logarithm.exp();
    }
    (1.0 - above).max(0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_beta_criterion_is_the_papers_integral() {
        // Worked out by hand: sums of binomial coefficients over powers of two.
        for (first, second, expected) in [
            (0, 0, 0.5),
            (1, 0, 3.0 / 4.0),
            (2, 0, 7.0 / 8.0),
            (1, 1, 0.5),
            (2, 1, 11.0 / 16.0),
            (4, 0, 31.0 / 32.0),
            (5, 1, 120.0 / 128.0),
            (6, 1, 247.0 / 256.0),
        ] {
            assert!((beta_confidence(first, second) - expected).abs() < 1e-14, "{first}, {second}");
        }
        assert!((beta_confidence(5000, 5000) - 0.5).abs() < 1e-9);
        assert!(beta_confidence(5000, 100) > 1.0 - 1e-9);
    }

    #[test]
    fn of_two_answers_both_criteria_are_one() {
        for (first, second) in [(0, 0), (1, 0), (4, 0), (6, 1), (20, 19), (40, 3)] {
            let difference = dirichlet_confidence(&[second, first]) - beta_confidence(first, second);
            assert!(difference.abs() < 1e-7, "{first}, {second}: {difference}");
        }
        assert!((dirichlet_confidence(&[4]) - 31.0 / 32.0).abs() < 1e-7);
    }

    #[test]
    fn of_equal_answers_each_is_as_likely_the_most_probable_one() {
        for votes in [0, 1, 5] {
            assert!((dirichlet_confidence(&[votes; 4]) - 0.25).abs() < 1e-7);
        }
    }

    #[test]
    fn rules_decide_where_the_papers_do() {
        let beta = Stopping::default();
        assert!(!beta.is_decided(&[3], Latest::Agree));
        assert!(beta.is_decided(&[4], Latest::Agree));
        assert!(!beta.is_decided(&[1, 5], Latest::Differ));
        assert!(beta.is_decided(&[1, 6], Latest::Differ));
        assert!(!beta.is_decided(&[], Latest::Differ));
        let window = Stopping::Window { size: five() };
        assert!(window.is_decided(&[5, 9], Latest::Agree) && !window.is_decided(&[40], Latest::Differ));
    }

    #[test]
    fn settings_read_as_tagged_data() {
        let read = |json: &str| serde_json::from_str::<Stopping>(json);
        assert_eq!(read(r#"{"type": "beta"}"#).unwrap(), Stopping::default());
        assert_eq!(read(r#"{"type": "window"}"#).unwrap(), Stopping::Window { size: five() });
        assert!(read(r#"{"type": "window", "width": 3}"#).unwrap_err().to_string().contains("unknown field `width`"));
        let told = read(r#"{"type": "dirichlet", "confidence": 1}"#).unwrap_err().to_string();
        assert!(told.contains("1 is not from 0.5 to below 1"), "{told}");
    }

    proptest! {
        #[test]
        fn more_votes_for_the_leader_make_it_surer(first in 1_u32..30, second in 0_u32..30) {
            prop_assume!(second <= first);
            let confidence = beta_confidence(first, second);
            prop_assert!((0.5 - 1e-12..=1.0).contains(&confidence));
            prop_assert!(beta_confidence(first + 1, second) > confidence);
        }
    }
}
