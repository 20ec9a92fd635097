//! A token drawn by its probability, and where the randomness comes from.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use touchstone::sampler::{Draw, TokenId};

use crate::weight::weigh;

/// A number from 0 to below 1, uniform over the multiples of 2^-53, that follows from `draw` alone.
///
/// ChaCha with eight rounds, which can give any number of its sequence without those before it. The first eight bytes of the key
/// are the seed (the least significant first) and the others 0; the stream is the sequence; the numbers of 64 bits of a stream
/// are those of its positions. So no two draws of a job share a number.
pub(crate) fn uniform(draw: Draw) -> f64 {
    let mut key = <ChaCha8Rng as SeedableRng>::Seed::default();
    key.iter_mut().zip(draw.seed.to_le_bytes()).for_each(|(byte, seed)| *byte = seed);
    let mut random = ChaCha8Rng::from_seed(key);
    random.set_stream(draw.sequence);
    random.set_word_pos(2 * u128::from(draw.position)); // two words of 32 bits each
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Weights that are summed before they are looked at one by one.
const BLOCK: usize = 1024;

/// The token in whose share of the mass `uniform` lies, the shares being laid end to end in the order of the ids; none if no
/// token has a weight. It replaces the logits, none of which may be above 0, by weights.
pub(crate) fn choose(logits: &mut [f32], uniform: f64) -> Option<TokenId> {
    let sums: Vec<f64> = logits.chunks_mut(BLOCK).map(weigh).collect();
    let weights = &*logits;
    let target = uniform * sums.iter().sum::<f64>();
    let mut before = 0.0;
    for (place, sum) in sums.iter().enumerate() {
        if before + sum > target {
            let start = place * BLOCK;
            let end = weights.len().min(start + BLOCK);
            return within(&weights[start..end], target - before).and_then(|token| id(start + token));
        }
        before += sum;
    }
    // `target` is below the total, but rounding may say otherwise.
    last(weights).and_then(id)
}

/// The place in a block of the weight up to which more than `target` is reached.
fn within(weights: &[f32], target: f64) -> Option<usize> {
    let mut reached = 0.0;
    let found = weights.iter().position(|weight| {
        reached += f64::from(*weight);
        reached > target
    });
    // The block's sum, made in another order, is above `target`; this one may be rounded down to it.
    found.or_else(|| last(weights))
}

/// The place of the last token that has a weight.
fn last(weights: &[f32]) -> Option<usize> {
    weights.iter().rposition(|weight| *weight > 0.0)
}

fn id(token: usize) -> Option<TokenId> {
    u32::try_from(token).ok().map(TokenId)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: f32 = f32::NEG_INFINITY;
    /// The greatest number that `uniform` gives.
    const HIGHEST: f64 = 1.0 - f64::EPSILON / 2.0;

    fn draw(seed: u64, sequence: u64, position: u64) -> Draw {
        Draw { seed, sequence, position }
    }

    fn chosen(logits: &[f32], uniform: f64) -> Option<u32> {
        choose(&mut logits.to_vec(), uniform).map(|token| token.0)
    }

    #[test]
    fn shares_lie_end_to_end_in_the_order_of_ids() {
        let equal = [0.0; 4];
        for (uniform, token) in [(0.0, 0), (0.249, 0), (0.25, 1), (0.5, 2), (0.749, 2), (0.75, 3), (HIGHEST, 3)] {
            assert_eq!(chosen(&equal, uniform), Some(token), "{uniform}");
        }
        let thirds = [0.5_f32.ln(), NONE, 0.0];
        for (uniform, token) in [(0.0, 0), (0.333, 0), (0.334, 2), (HIGHEST, 2)] {
            assert_eq!(chosen(&thirds, uniform), Some(token), "{uniform}");
        }
    }

    #[test]
    fn a_token_without_weight_is_never_chosen() {
        let logits = [NONE, -1000.0, 0.0, NONE, f32::MIN];
        for uniform in [0.0, f64::MIN_POSITIVE, 0.5, HIGHEST] {
            assert_eq!(chosen(&logits, uniform), Some(2), "{uniform}");
        }
        for nothing in [&[][..], &[NONE], &[NONE; 3000]] {
            assert_eq!(chosen(nothing, 0.5), None);
        }
    }

    #[test]
    fn blocks_make_no_difference() {
        for count in [BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 7] {
            let logits = vec![0.0; count];
            for token in (0..count).step_by(97).chain([BLOCK - 2, count - 1]) {
                let middle = (token as f64 + 0.5) / count as f64;
                assert_eq!(chosen(&logits, middle), Some(token as u32), "{token} of {count}");
            }
            assert_eq!(chosen(&logits, HIGHEST), Some(count as u32 - 1));
        }
        // A whole block that weighs nothing, at the start, within, and at the end.
        let mut logits = vec![NONE; 5 * BLOCK];
        [BLOCK + 3, 3 * BLOCK + 3].into_iter().for_each(|token| logits[token] = 0.0);
        let chosen = [0.0, 0.499, 0.5, HIGHEST].map(|uniform| chosen(&logits, uniform));
        assert_eq!(chosen, [1027, 1027, 3075, 3075].map(Some));
    }

    /// Worked out from the definition of ChaCha (D. J. Bernstein, "ChaCha, a variant of Salsa20", 2008) with eight rounds, a
    /// counter of 64 bits and a nonce of 64 bits. A change here would change every sample that anyone has drawn.
    #[test]
    fn the_numbers_are_chachas() {
        const NUMBERS: [(u64, u64, u64, u64); 8] = [
            (0, 0, 0, 7_538_303_010_471_392),
            (42, 0, 0, 3_136_797_389_566_453),
            (42, 0, 1, 2_573_343_958_160_318),
            (42, 0, 7, 2_400_606_489_596_347),
            (42, 0, 8, 4_203_756_084_755_732),
            (42, 1, 0, 6_997_367_383_197_907),
            (42, 3, 1000, 6_126_888_353_150_054),
            (u64::MAX, u64::MAX, u64::MAX, 7_948_517_265_593_238),
        ];
        for (seed, sequence, position, bits) in NUMBERS {
            assert_eq!(uniform(draw(seed, sequence, position)), bits as f64 / (1_u64 << 53) as f64);
        }
    }

    #[test]
    fn unlike_draws_have_unlike_numbers_and_like_ones_the_same() {
        let mut seen = std::collections::HashSet::new();
        let extremes = [0, 1, 2, 7, 8, 9, 1 << 32, 1 << 63, u64::MAX - 1, u64::MAX];
        for seed in extremes {
            for sequence in extremes {
                for position in extremes {
                    let number = uniform(draw(seed, sequence, position));
                    assert!((0.0..1.0).contains(&number));
                    assert_eq!(number, uniform(draw(seed, sequence, position)));
                    seen.insert(number.to_bits());
                }
            }
        }
        assert_eq!(seen.len(), extremes.len().pow(3));
    }
}
