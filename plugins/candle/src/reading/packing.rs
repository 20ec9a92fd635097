//! Which units share a batch.

use super::tree::{in_order, shared};
use super::{Sequence, TokenBudget, Unit};

/// Sequences of one unit that are computed together: all of them, or as many as a batch holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The unit's number.
    pub unit: usize,
    /// The numbers of the sequences among the unit's.
    pub sequences: Vec<usize>,
    /// How many distinct tokens they have.
    pub tokens: usize,
}

/// Puts units into batches of at most `budget` distinct tokens, by first fit decreasing: the largest units first, each into
/// the first batch with room for it. (For any sizes that takes at most 11/9 as many batches as the best packing and one
/// more; here, with units much smaller than the budget, all batches but the last are nearly full.)
///
/// A unit is whole in one batch, unless it is larger than the budget itself: then it is cut into pieces of neighbouring
/// sequences in the order of their prefix tree, so that what they share is repeated as few times as possible. A sequence
/// that is longer than the budget has a batch of its own; it must be computed at some time. Sequences of which nothing is
/// read are in no batch. The same units and budget give the same batches.
pub fn pack(units: &[Unit], budget: TokenBudget) -> Vec<Vec<Piece>> {
    let mut pieces: Vec<Piece> = units.iter().enumerate().flat_map(|(unit, of)| cut(unit, of, budget)).collect();
    // Stable: equal sizes stay in the order of the work.
    pieces.sort_by_key(|piece| std::cmp::Reverse(piece.tokens));
    let mut batches: Vec<Batch> = Vec::new();
    for piece in pieces {
        match batches.iter_mut().find(|batch| batch.tokens + piece.tokens <= budget.tokens()) {
            Some(batch) => batch.add(piece),
            None => batches.push(Batch { tokens: piece.tokens, pieces: vec![piece] }),
        }
    }
    batches.into_iter().map(|batch| batch.pieces).collect()
}

struct Batch {
    tokens: usize,
    pieces: Vec<Piece>,
}

impl Batch {
    fn add(&mut self, piece: Piece) {
        self.tokens += piece.tokens;
        self.pieces.push(piece);
    }
}

/// The unit as one piece, or as several where it is too large for one.
fn cut(unit: usize, of: &Unit, budget: TokenBudget) -> Vec<Piece> {
    let sequences: Vec<&Sequence> = of.sequences.iter().collect();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut before: &[u32] = &[];
    for index in in_order(&sequences) {
        let tokens = sequences[index].needed();
        if tokens.is_empty() {
            continue;
        }
        // In this order a sequence shares with no other as much as with its neighbour, so this is what it adds to the tree.
        let new = tokens.len() - shared(before, tokens);
        match pieces.last_mut() {
            Some(piece) if piece.tokens + new <= budget.tokens() => {
                piece.sequences.push(index);
                piece.tokens += new;
            }
            _ => pieces.push(Piece { unit, sequences: vec![index], tokens: tokens.len() }),
        }
        before = tokens;
    }
    for piece in &mut pieces {
        piece.sequences.sort_unstable();
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::PrefixTree;
    use super::*;

    fn budget(tokens: usize) -> TokenBudget {
        TokenBudget::of(tokens.try_into().unwrap())
    }

    /// A unit of one sequence of so many tokens that no other unit has.
    fn lone(unit: usize, tokens: usize) -> Unit {
        let sequence = Sequence { tokens: vec![unit as u32; tokens], positions: vec![tokens - 1] };
        Unit { sequences: vec![sequence] }
    }

    fn units_of(batches: &[Vec<Piece>]) -> Vec<Vec<usize>> {
        batches.iter().map(|batch| batch.iter().map(|piece| piece.unit).collect()).collect()
    }

    #[test]
    fn small_units_fill_the_room_that_large_ones_leave() {
        let units: Vec<Unit> = [3, 7, 2, 5, 3].into_iter().enumerate().map(|(unit, size)| lone(unit, size)).collect();
        assert_eq!(units_of(&pack(&units, budget(10))), [vec![1, 0], vec![3, 4, 2]]);
    }

    #[test]
    fn a_unit_that_is_too_large_is_cut_between_sequences_that_share_least() {
        let sequence =
            |branch: u32, leaf: u32| Sequence { tokens: vec![0, 0, branch, branch, leaf], positions: vec![4] };
        let sequences = vec![sequence(1, 5), sequence(2, 5), sequence(1, 6), sequence(2, 6)];
        let batches = pack(&[Unit { sequences }], budget(7));
        let first = Piece { unit: 0, sequences: vec![0, 2], tokens: 6 };
        let second = Piece { unit: 0, sequences: vec![1, 3], tokens: 6 };
        assert_eq!(batches, [vec![first], vec![second]]);
    }

    #[test]
    fn a_sequence_that_is_longer_than_the_budget_has_a_batch_of_its_own() {
        let units = [lone(0, 3), lone(1, 50), lone(2, 3)];
        assert_eq!(units_of(&pack(&units, budget(10))), [vec![1], vec![0, 2]]);
    }

    #[test]
    fn a_sequence_of_which_nothing_is_read_is_in_no_batch() {
        let nothing = Sequence { tokens: vec![1, 2, 3], positions: vec![] };
        assert!(pack(&[Unit { sequences: vec![nothing] }, Unit::default()], budget(10)).is_empty());
    }

    proptest! {
        #[test]
        fn every_sequence_that_is_read_is_in_one_batch_and_no_batch_is_too_large(
            units in prop::collection::vec(super::super::tree::tests::sequences(), 0..8),
            size in 1..40_usize,
        ) {
            let units: Vec<Unit> = units.into_iter().map(|sequences| Unit { sequences }).collect();
            let batches = pack(&units, budget(size));
            let mut seen = Vec::new();
            for batch in &batches {
                let mut tokens = 0;
                for piece in batch {
                    let sequences = piece.sequences.iter().map(|index| &units[piece.unit].sequences[*index]);
                    prop_assert_eq!(piece.tokens, PrefixTree::new(sequences).tokens());
                    tokens += piece.tokens;
                    seen.extend(piece.sequences.iter().map(|index| (piece.unit, *index)));
                }
                let lone = batch.len() == 1 && batch[0].sequences.len() == 1;
                prop_assert!(tokens <= size || lone, "{} tokens in a batch of {}", tokens, size);
            }
            seen.sort_unstable();
            let read = |(unit, of): (usize, &Unit)| {
                let read = of.sequences.iter().enumerate().filter(|(_, sequence)| !sequence.positions.is_empty());
                read.map(|(index, _)| (unit, index)).collect::<Vec<_>>()
            };
            let expected: Vec<(usize, usize)> = units.iter().enumerate().flat_map(read).collect();
            prop_assert_eq!(seen, expected);
        }

        #[test]
        fn a_unit_that_fits_is_whole(sequences in super::super::tree::tests::sequences()) {
            let unit = Unit { sequences };
            let tokens = PrefixTree::new(&unit.sequences).tokens();
            prop_assert!(pack(&[unit], budget(tokens.max(1))).len() <= 1);
        }
    }
}
