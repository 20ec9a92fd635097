//! Which tokens come first by some key, and how many of them it takes to reach a mass.

/// A token's place in an order by a key, the lowest first; of equal keys the lower id first.
///
/// Both are packed into one number: sorting and selecting compare nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank(u64);

impl Rank {
    /// The sign of `key` is ignored: the bits of numbers of one sign are in the numbers' order.
    pub(crate) fn new(key: f32, token: u32) -> Self {
        Self(u64::from(key.abs().to_bits()) << 32 | u64::from(token))
    }

    pub(crate) fn token(self) -> usize {
        (self.0 & u64::from(u32::MAX)) as usize
    }

    /// Whether this one's key is above the other's; where it is not, they tie or this comes first.
    pub(crate) fn has_key_above(self, other: Self) -> bool {
        self.0 >> 32 > other.0 >> 32
    }
}

/// How many of the foremost are put in order at first.
const FIRST: usize = 64;

/// The last of the fewest, foremost first, whose mass reaches `target`: the very last where rounding leaves the sum of all
/// below `target`, and none where there are none. It reorders `ranks`.
///
/// It puts the foremost in order, and then twice as many each time, until the mass is reached: a distribution of a few likely
/// tokens, as language models give, costs little more than one look at each.
pub(crate) fn last_of_fewest(ranks: &mut [Rank], target: f64, mass: impl Fn(usize) -> f64) -> Option<Rank> {
    let mut reached = 0.0;
    let mut last = None;
    let mut count = FIRST;
    let mut rest = ranks;
    while !rest.is_empty() {
        if count < rest.len() {
            rest.select_nth_unstable(count);
        }
        let (foremost, beyond) = rest.split_at_mut(count.min(rest.len()));
        foremost.sort_unstable();
        for rank in foremost {
            last = Some(*rank);
            reached += mass(rank.token());
            if reached >= target {
                return last;
            }
        }
        rest = beyond;
        count = count.saturating_mul(2);
    }
    last
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranks_go_by_key_and_then_by_id() {
        let [low, tied, high] = [Rank::new(0.5, 7), Rank::new(-0.5, 8), Rank::new(1e30, 0)];
        assert!(low < tied && tied < high);
        assert!(high.has_key_above(tied) && !tied.has_key_above(low) && !low.has_key_above(tied));
        assert_eq!(Rank::new(-0.0, 3), Rank::new(0.0, 3));
        assert_eq!(Rank::new(2.0, u32::MAX).token(), u32::MAX as usize);
    }

    #[test]
    fn nothing_is_needed_of_nothing_and_everything_for_a_mass_beyond_all() {
        assert_eq!(last_of_fewest(&mut [], 0.5, |_| 1.0), None);
        let mut ranks: Vec<_> = (0..1000).rev().map(|token| Rank::new(0.0, token)).collect();
        assert_eq!(last_of_fewest(&mut ranks, 1001.0, |_| 1.0), Some(Rank::new(0.0, 999)));
    }

    proptest! {
        #[test]
        fn partial_selection_finds_what_a_full_sort_finds(
            keys in prop::collection::vec(prop_oneof![(0u8..6).prop_map(f32::from), 0.0f32..10.0], 1..700),
            share in 0.0..1.1,
        ) {
            let mass = |token: usize| f64::from(keys[token]) + 0.25;
            let target = share * (0..keys.len()).map(mass).sum::<f64>();
            let mut ranks: Vec<_> = (0..).zip(&keys).map(|(token, key)| Rank::new(*key, token)).collect();
            let mut sorted: Vec<usize> = (0..keys.len()).collect();
            sorted.sort_by(|left, right| keys[*left].total_cmp(&keys[*right])); // stable: equals stay in the order of ids
            let mut reached = 0.0;
            let last = sorted.iter().find(|token| { reached += mass(**token); reached >= target });
            let expected = last.or(sorted.last()).copied();
            prop_assert_eq!(last_of_fewest(&mut ranks, target, mass).map(Rank::token), expected);
        }
    }
}
