//! `quantile`: the lowest reward, made robust.

use serde::{Deserialize, Serialize};
use touchstone::aggregator::{Aggregator, present};

/// The q-quantile of the rewards, interpolated linearly between neighbours, as `numpy.quantile` does by default.
///
/// Assumes that the weak steps decide, as `min` does, but lets a share q of them be misjudged. With `q: 0` it is `min`, with
/// `q: 0.5` the median, with `q: 1` `max`.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quantile {
    /// The share of the rewards that lies below the value: from 0 to 1.
    pub q: Level,
}

touchstone::register!(Aggregator, "quantile", Quantile);

impl Aggregator for Quantile {
    fn aggregate(&self, rewards: &[Option<f64>]) -> touchstone::Result<f64> {
        let mut values: Vec<f64> = present(rewards).collect();
        values.sort_unstable_by(f64::total_cmp);
        let last = values.len() - 1;
        let place = last as f64 * self.q.0;
        let below = (place as usize).min(last);
        let above = (below + 1).min(last);
        Ok(between(values[below], values[above], place - below as f64))
    }
}

/// The point at `share` of the way from `low` to `high`, reckoned from the nearer end, as NumPy does: so that it reaches both
/// exactly.
fn between(low: f64, high: f64, share: f64) -> f64 {
    let width = high - low;
    if share < 0.5 { low + width * share } else { high - width * (1.0 - share) }
}

/// The level of a quantile: a number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
pub struct Level(#[schemars(range(min = 0.0, max = 1.0))] f64);

impl TryFrom<f64> for Level {
    type Error = String;
    fn try_from(level: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&level) {
            Ok(Self(level))
        } else {
            Err(format!("q is {level}, and must be from 0 to 1"))
        }
    }
}

impl From<Level> for f64 {
    fn from(level: Level) -> Self {
        level.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantile(q: f64, rewards: &[Option<f64>]) -> f64 {
        Quantile { q: Level::try_from(q).unwrap() }.aggregate(rewards).unwrap()
    }

    /// `numpy.quantile([((i * 7919 + 13) % 10007) / 10007 for i in range(count)], q)`, NumPy 2.4.6.
    #[test]
    fn the_quantile_is_numpys_to_the_last_bit() {
        const NUMPY: [(u64, f64, f64); 48] = [
            (1, 0.0, 0.001299090636554412),
            (1, 0.1, 0.001299090636554412),
            (1, 0.25, 0.001299090636554412),
            (1, 0.3333333333333333, 0.001299090636554412),
            (1, 0.5, 0.001299090636554412),
            (1, 0.9, 0.001299090636554412),
            (1, 0.99, 0.001299090636554412),
            (1, 1.0, 0.001299090636554412),
            (2, 0.0, 0.001299090636554412),
            (2, 0.1, 0.08043369641251125),
            (2, 0.25, 0.1991356050764465),
            (2, 0.3333333333333333, 0.26508110988974387),
            (2, 0.5, 0.3969721195163386),
            (2, 0.9, 0.713510542620166),
            (2, 0.99, 0.7847316878185271),
            (2, 1.0, 0.7926451483961228),
            (3, 0.0, 0.001299090636554412),
            (3, 0.1, 0.11783751374038173),
            (3, 0.25, 0.2926451483961227),
            (3, 0.3333333333333333, 0.3897605009826455),
            (3, 0.5, 0.583991206155691),
            (3, 0.9, 0.7509143599480365),
            (3, 0.99, 0.7884720695513141),
            (3, 1.0, 0.7926451483961228),
            (7, 0.0, 0.001299090636554412),
            (7, 0.1, 0.10052962925951836),
            (7, 0.25, 0.2710102927950435),
            (7, 0.3333333333333333, 0.37533726391525934),
            (7, 0.5, 0.583991206155691),
            (7, 0.9, 0.8587988408114321),
            (7, 0.99, 0.9481063255720994),
            (7, 1.0, 0.9580293794343959),
            (10, 0.0, 0.001299090636554412),
            (10, 0.1, 0.11120215848905766),
            (10, 0.25, 0.20802937943439592),
            (10, 0.3333333333333333, 0.33206755271310084),
            (10, 0.5, 0.4580293794343959),
            (10, 0.9, 0.80918357149995),
            (10, 0.99, 0.9431447986409514),
            (10, 1.0, 0.9580293794343959),
            (101, 0.0, 0.001299090636554412),
            (101, 0.1, 0.10802438293194763),
            (101, 0.25, 0.24552813030878384),
            (101, 0.3333333333333333, 0.3362313047533393),
            (101, 0.5, 0.49745178375137405),
            (101, 0.9, 0.899370440691516),
            (101, 0.99, 0.985909863095833),
            (101, 1.0, 0.9936044768661937),
        ];
        for (count, q, expected) in NUMPY {
            let rewards: Vec<_> = (0..count).map(|i| Some(((i * 7919 + 13) % 10007) as f64 / 10007.0)).collect();
            assert_eq!(quantile(q, &rewards).to_bits(), expected.to_bits(), "q = {q} of {count}");
        }
    }

    #[test]
    fn the_ends_are_min_and_max_and_the_middle_is_the_median() {
        let rewards = [Some(0.9), Some(0.1), Some(0.4)];
        assert_eq!([0.0, 0.5, 1.0].map(|q| quantile(q, &rewards)), [0.1, 0.4, 0.9]);
    }

    #[test]
    fn a_level_outside_its_range_is_refused_by_name() {
        for bad in [-0.1, 1.0001, f64::NAN, f64::INFINITY] {
            let message = Level::try_from(bad).unwrap_err();
            assert!(message.starts_with("q is"), "{message}");
        }
    }
}
