//! Means equal to NumPy's to the last bit.
//!
//! Floating-point addition is not associative, so a published number can only be met exactly by adding in the published
//! order. NumPy adds pairwise: up to 128 numbers in eight running sums, more by halving. Nothing here allocates.

use crate::aggregator::MISSING;

/// The longest stretch that is added up in eight running sums.
const BLOCK: usize = 128;

/// `numpy.mean` of the values, to the last bit; NaN for none.
pub fn pairwise_mean(values: &[f64]) -> f64 {
    sum(0, values.len(), &|index| values[index]) / values.len() as f64
}

/// `numpy.mean` of a CoT's rewards by the field's convention: a missing reward is one half, and no rewards at all are one
/// reward of one half.
pub fn mean_of_rewards(rewards: &[Option<f64>]) -> f64 {
    if rewards.is_empty() {
        return MISSING;
    }
    sum(0, rewards.len(), &|index| rewards[index].unwrap_or(MISSING)) / rewards.len() as f64
}

/// The sum of `value(start)..value(start + length)` in NumPy's order.
fn sum(start: usize, length: usize, value: &impl Fn(usize) -> f64) -> f64 {
    if length < 8 {
        return (start..start + length).fold(0.0, |total, index| total + value(index));
    }
    if length > BLOCK {
        let half = length / 2;
        let left = half - half % 8;
        return sum(start, left, value) + sum(start + left, length - left, value);
    }
    let mut running: [f64; 8] = std::array::from_fn(|lane| value(start + lane));
    let whole = length - length % 8;
    for first in (8..whole).step_by(8) {
        for (lane, total) in running.iter_mut().enumerate() {
            *total += value(start + first + lane);
        }
    }
    let [a, b, c, d, e, f, g, h] = running;
    let eight = ((a + b) + (c + d)) + ((e + f) + (g + h));
    (start + whole..start + length).fold(eight, |total, index| total + value(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Fixture {
        statistics: Vec<Statistics>,
    }

    #[derive(serde::Deserialize)]
    struct Statistics {
        length: usize,
        mean: String,
    }

    #[test]
    fn the_mean_is_numpys_to_the_last_bit() {
        let fixture: Fixture = serde_json::from_str(include_str!("../tests/fixtures/evaluation/numpy.json")).unwrap();
        for expected in fixture.statistics {
            let values: Vec<f64> =
                (0..expected.length).map(|index| (index * 7919 % 10007) as f64 / 10007.0 * 100.0).collect();
            assert_eq!(pairwise_mean(&values), expected.mean.parse::<f64>().unwrap(), "mean of {}", expected.length);
        }
    }

    #[test]
    fn the_mean_of_rewards_counts_a_missing_one_as_one_half() {
        assert_eq!(mean_of_rewards(&[]), 0.5);
        assert_eq!(mean_of_rewards(&[None, Some(1.0)]), 0.75);
        let values: Vec<f64> = (0..300).map(|index| 1.0 / f64::from(index + 1)).collect();
        let rewards: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        assert_eq!(mean_of_rewards(&rewards), pairwise_mean(&values));
    }
}
