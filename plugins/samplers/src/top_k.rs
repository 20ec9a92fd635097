//! The k likeliest tokens.

use serde::{Deserialize, Serialize};

/// How many of the likeliest tokens are kept; 0 is off.
///
/// Tokens that tie with the last of them are kept, too, as in vLLM. (Fan et al., "Hierarchical Neural Story Generation", 2018.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct TopK(pub usize);

impl TopK {
    /// Masks the tokens that are dropped.
    pub(crate) fn apply(self, logits: &mut [f32]) {
        if self.0 == 0 || self.0 >= logits.len() {
            return;
        }
        let lowest = kth_greatest(logits, self.0);
        for logit in logits {
            *logit = if *logit < lowest { f32::NEG_INFINITY } else { *logit };
        }
    }
}

/// The least number of candidates that are gathered before they are cut back: cutting back is not free.
const CANDIDATES: usize = 256;

/// The `k`-th greatest logit, equals counted as often as they occur; negative infinity if fewer are above that.
///
/// One pass: what is above the `k`-th greatest so far is a candidate, and of candidates no more than the `k` greatest are ever
/// needed. In a vocabulary in no order few tokens become candidates.
fn kth_greatest(logits: &[f32], k: usize) -> f32 {
    let room = k.saturating_mul(2).max(CANDIDATES).min(logits.len());
    let mut candidates = Vec::with_capacity(room);
    let mut lowest = f32::NEG_INFINITY;
    for &logit in logits {
        if logit > lowest {
            candidates.push(logit);
            if candidates.len() == room {
                lowest = cut_back(&mut candidates, k);
            }
        }
    }
    if candidates.len() < k { f32::NEG_INFINITY } else { cut_back(&mut candidates, k) }
}

/// Leaves the `k` greatest of at least `k` candidates; the least of them.
fn cut_back(candidates: &mut Vec<f32>, k: usize) -> f32 {
    let (_, kth, _) = candidates.select_nth_unstable_by(k - 1, |left, right| right.total_cmp(left));
    let kth = *kth;
    candidates.truncate(k);
    kth
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NONE: f32 = f32::NEG_INFINITY;

    fn kept(k: usize, logits: &[f32]) -> Vec<usize> {
        let mut masked = logits.to_vec();
        TopK(k).apply(&mut masked);
        for (masked, logit) in masked.iter().zip(logits) {
            assert!(masked == logit || *masked == NONE);
        }
        (0..logits.len()).filter(|token| masked[*token] > NONE).collect()
    }

    #[test]
    fn the_k_likeliest_are_kept() {
        let logits = [1.0, 4.0, -2.0, 3.0, 2.0];
        assert_eq!(kept(1, &logits), [1]);
        assert_eq!(kept(3, &logits), [1, 3, 4]);
    }

    #[test]
    fn zero_and_a_k_beyond_the_vocabulary_keep_all() {
        for k in [0, 5, 6, usize::MAX] {
            assert_eq!(kept(k, &[1.0, 4.0, -2.0, 3.0, 2.0]), [0, 1, 2, 3, 4], "{k}");
        }
        assert_eq!(kept(3, &[]), Vec::<usize>::new());
    }

    #[test]
    fn ties_with_the_last_are_kept() {
        assert_eq!(kept(2, &[1.0, 2.0, 1.0, 0.0, 1.0]), [0, 1, 2, 4]);
        assert_eq!(kept(1, &[0.0, -0.0, 0.0, -1.0]), [0, 1, 2]);
        assert_eq!(kept(7, &vec![0.0; 1000]).len(), 1000);
    }

    #[test]
    fn dropped_tokens_stay_dropped_and_do_not_count() {
        assert_eq!(kept(2, &[NONE, 1.0, NONE, NONE]), [1]);
        assert_eq!(kept(2, &[NONE, 1.0, f32::MIN, 0.0]), [1, 3]);
    }

    proptest! {
        #[test]
        fn selection_keeps_what_a_full_sort_keeps(
            logits in prop::collection::vec(prop_oneof![
                1 => Just(NONE), 3 => (-9i8..9).prop_map(f32::from), 6 => -10.0f32..10.0
            ], 1..1500),
            k in 1usize..800,
        ) {
            let mut sorted = logits.clone();
            sorted.sort_by(|left, right| right.total_cmp(left));
            let lowest = sorted.get(k - 1).copied().unwrap_or(NONE);
            let expected: Vec<_> =
                (0..logits.len()).filter(|token| logits[*token] > NONE && logits[*token] >= lowest).collect();
            prop_assert_eq!(kept(k, &logits), expected);
        }

        #[test]
        fn selection_keeps_what_a_full_sort_keeps_in_any_order(count in 2usize..2000, k in 1usize..2000, rising: bool) {
            let k = k.min(count);
            let logits: Vec<f32> = (0..count).map(|token| if rising { token as f32 } else { -(token as f32) }).collect();
            let expected: Vec<_> = if rising { (count - k..count).collect() } else { (0..k).collect() };
            prop_assert_eq!(kept(k, &logits), expected);
        }
    }
}
