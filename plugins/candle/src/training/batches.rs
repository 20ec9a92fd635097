//! In which order examples are trained on, and how a step's examples are cut to fit into memory.

use std::ops::Range;

use crate::split_mix::mixed;

/// The order of `examples` in an epoch: a shuffle of its own for each seed and epoch (Fisher and Yates).
pub(super) fn order(examples: usize, shuffle: bool, seed: u64, epoch: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..examples).collect();
    if shuffle {
        let start = mixed(mixed(seed ^ 0x6F72_6465_7200).wrapping_add(epoch as u64));
        for last in (1..examples).rev() {
            // The product's high half: without the bias of a remainder that could be measured.
            let draw = mixed(start.wrapping_add(last as u64));
            order.swap(last, ((u128::from(draw) * (last as u128 + 1)) >> 64) as usize);
        }
    }
    order
}

/// The examples of one step: its epoch, and their places in that epoch's order.
pub(super) fn step(examples: usize, batch: usize, step: usize) -> (usize, Range<usize>) {
    let per_epoch = examples.div_ceil(batch).max(1);
    let first = step % per_epoch * batch;
    (step / per_epoch, first..examples.min(first + batch))
}

/// Cuts examples of these lengths, in their order, into groups of at most `tokens` tokens, or one example.
pub(super) fn micro_batches(lengths: &[usize], tokens: usize) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut taken = 0;
    for (index, &length) in lengths.iter().enumerate() {
        match groups.last_mut() {
            Some(group) if taken + length <= tokens => {
                group.end = index + 1;
                taken += length;
            }
            _ => {
                groups.push(index..index + 1);
                taken = length;
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_comes_once_in_an_epoch_in_an_order_of_its_own() {
        let orders: Vec<Vec<usize>> = (0..3).map(|epoch| order(50, true, 42, epoch)).collect();
        for found in &orders {
            let mut sorted = found.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, order(50, false, 42, 0));
        }
        assert!(orders[0] != orders[1] && orders[1] != orders[2]);
        assert_eq!(orders[1], order(50, true, 42, 1));
        assert_ne!(orders[0], order(50, true, 43, 0));
    }

    #[test]
    fn each_order_of_three_is_as_likely_as_the_others() {
        let mut counts = std::collections::BTreeMap::new();
        for seed in 0..6000 {
            *counts.entry(order(3, true, seed, 0)).or_insert(0) += 1;
        }
        // Four standard deviations of a binomial count.
        assert!(counts.len() == 6 && counts.values().all(|count: &i32| (count - 1000).abs() < 116), "{counts:?}");
    }

    #[test]
    fn the_last_step_of_an_epoch_may_be_short() {
        let steps: Vec<_> = (0..4).map(|index| step(5, 2, index)).collect();
        assert_eq!(steps, [(0, 0..2), (0, 2..4), (0, 4..5), (1, 0..2)]);
    }

    #[test]
    fn groups_keep_to_the_budget_unless_one_example_is_larger() {
        assert_eq!(micro_batches(&[3, 4, 20, 1, 7], 8), [0..2, 2..3, 3..5]);
        assert!(micro_batches(&[], 8).is_empty());
    }
}
