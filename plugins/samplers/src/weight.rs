//! The weight of a token: the exponential of its logit. A token's probability is its weight by the total of all.
//!
//! Logits are counted from that of the likeliest token, which the temperature sets to 0, so weights are at most 1.

/// Sums made side by side, so that the arithmetic fills the processor's lanes. Their order, and so every result, is fixed.
const LANES: usize = 8;

/// Logits that become weights at a time, apart from the sums: a loop that does both is no vector code.
const BLOCK: usize = 256;

/// The weights of the tokens together.
pub(crate) fn total(logits: &[f32]) -> f64 {
    let mut total = 0.0;
    for_each_block(logits, |_, weights| total += sum(weights));
    total
}

/// The weights of the tokens together, and the mean of the logits by weight.
pub(crate) fn total_and_mean(logits: &[f32]) -> (f64, f64) {
    let (mut total, mut moment) = (0.0, 0.0);
    for_each_block(logits, |logits, weights| {
        total += sum(weights);
        for (logit, weight) in logits.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
            moment += f64::from(*weight) * f64::from(*logit);
        }
    });
    (total, moment / total)
}

/// Puts each token's weight in place of its logit; their sum.
pub(crate) fn weigh(logits: &mut [f32]) -> f64 {
    logits.iter_mut().for_each(|logit| *logit = weight(*logit));
    sum(logits)
}

/// Calls `look` with the logits and their weights, block by block.
fn for_each_block(logits: &[f32], mut look: impl FnMut(&[f32], &[f32])) {
    let mut room = [0.0; BLOCK];
    for block in logits.chunks(BLOCK) {
        let weights = &mut room[..block.len()];
        weights.iter_mut().zip(block).for_each(|(slot, logit)| *slot = weight(*logit));
        look(block, weights);
    }
}

fn sum(weights: &[f32]) -> f64 {
    let mut sums = [0.0; LANES];
    let (blocks, rest) = weights.as_chunks::<LANES>();
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, weight)| *sum += f64::from(*weight));
    }
    sums.iter_mut().zip(rest).for_each(|(sum, weight)| *sum += f64::from(*weight));
    sums.iter().sum()
}

/// The exponential of a logit of at most 0, off by at most 3 units in the last place; 0 below -87, where 32-bit numbers end.
///
/// Written out, because a loop over it then becomes vector code, and because the system's mathematics library differs between
/// machines, and a draw should not.
#[inline]
pub(crate) fn weight(logit: f32) -> f32 {
    const LOWEST: f32 = -87.0;
    /// Adding it rounds to a whole number, which then stands in the last bits.
    const ROUNDER: f32 = 12_582_912.0; // 1.5 * 2^23
    /// The logarithm of 2 in two parts: a multiple of the first, up to 2^8, is exact.
    const LN_2_HIGH: f32 = 0.693_359_4; // 355 / 512
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    /// The inverse factorials: from 1/7! to 1/2!.
    const TAYLOR: [f32; 6] = [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5];

    let x = if logit > LOWEST { logit } else { LOWEST };
    let rounded = x * std::f32::consts::LOG2_E + ROUNDER;
    let doublings = rounded - ROUNDER;
    let r = (x - doublings * LN_2_HIGH) - doublings * LN_2_LOW;
    let series = TAYLOR.iter().fold(0.0, |sum, coefficient| sum * r + coefficient);
    let mantissa = series * (r * r) + r + 1.0;
    // The sum of the exponents' bits: the whole number of doublings, and the exponent of 1.
    let power = f32::from_bits((rounded.to_bits() << 23).wrapping_add(1.0_f32.to_bits()));
    if logit < LOWEST { 0.0 } else { mantissa * power }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_the_exponential_to_the_last_places() {
        assert_eq!(weight(0.0).to_bits(), 1.0_f32.to_bits());
        assert_eq!(weight(-0.0).to_bits(), 1.0_f32.to_bits());
        let mut worst: f64 = 0.0;
        for step in 0..=8_700_000 {
            let logit = -(step as f32) * 1e-5;
            let exact = f64::from(logit).exp();
            worst = worst.max((f64::from(weight(logit)) - exact).abs() / exact);
        }
        assert!(worst < 3.0 * f64::from(f32::EPSILON) / 2.0, "{worst}");
    }

    #[test]
    fn what_is_too_small_weighs_nothing() {
        for logit in [-87.001, -88.0, -1000.0, f32::MIN, f32::NEG_INFINITY] {
            assert_eq!(weight(logit), 0.0, "{logit}");
        }
        assert!(weight(-87.0) > f32::MIN_POSITIVE);
    }

    #[test]
    fn a_lower_logit_never_weighs_more() {
        let mut last = 1.0;
        for step in 0..=2_000_000 {
            let weight = weight(-(step as f32) * 5e-5);
            assert!(weight <= last, "{step}");
            last = weight;
        }
    }

    #[test]
    fn totals_take_in_every_token() {
        for count in (0..50).chain([BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5]) {
            let mut logits = vec![0.0; count];
            assert_eq!(total(&logits), count as f64);
            assert_eq!(weigh(&mut logits), count as f64);
            assert_eq!(logits, vec![1.0; count]);
        }
    }

    #[test]
    fn the_mean_logit_is_taken_by_weight() {
        // Weights of 1, one half and one quarter, and logits that weigh nothing.
        let logits = [0.0, 0.5_f32.ln(), f32::NEG_INFINITY, 0.25_f32.ln(), f32::MIN];
        let (total, mean) = total_and_mean(&logits);
        assert!((total - 1.75).abs() < 1e-6, "{total}");
        assert!((mean - (0.5 * 0.5_f64.ln() + 0.25 * 0.25_f64.ln()) / 1.75).abs() < 1e-6, "{mean}");
    }
}
