//! Python's `random`.

use std::collections::HashSet;

use super::mersenne_twister::MersenneTwister;

/// Draws what Python's module `random` draws after `random.seed(seed)`, by CPython's algorithms (3.2 and later).
///
/// ```
/// use touchstone::random::PythonRandom;
///
/// // random.seed(42); random.sample(range(1000), 6)
/// assert_eq!(PythonRandom::new(42).sample(1000, 6), [654, 114, 25, 759, 281, 250]);
/// ```
pub struct PythonRandom(MersenneTwister);

impl PythonRandom {
    /// What `random.seed(seed)` leaves.
    pub fn new(seed: u64) -> Self {
        let (low, high) = (seed as u32, (seed >> 32) as u32);
        let key: &[u32] = if high == 0 { &[low] } else { &[low, high] };
        Self(MersenneTwister::by_key(key))
    }

    /// `random.randrange(bound)`: a number below `bound`; 0 where there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        let bits = usize::BITS - bound.leading_zeros();
        if bits == 0 {
            return 0;
        }
        loop {
            let number = self.bits(bits);
            if number < bound {
                return number;
            }
        }
    }

    /// `random.sample(range(population), count)`: as many different numbers below `population`, all of them if it has no more.
    pub fn sample(&mut self, population: usize, count: usize) -> Vec<usize> {
        let count = count.min(population);
        if population <= most_for_a_pool(count) {
            let mut pool: Vec<usize> = (0..population).collect();
            return (0..count)
                .map(|drawn| {
                    let place = self.below(population - drawn);
                    let last = pool[population - drawn - 1];
                    std::mem::replace(&mut pool[place], last)
                })
                .collect();
        }
        let mut drawn = HashSet::with_capacity(count);
        let mut unseen = || loop {
            let number = self.below(population);
            if drawn.insert(number) {
                return number;
            }
        };
        (0..count).map(|_| unseen()).collect()
    }

    /// `random.shuffle(items)`.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// `random.getrandbits(bits)`, of at least one bit.
    fn bits(&mut self, bits: u32) -> usize {
        if bits <= u32::BITS {
            return (self.0.next_u32() >> (u32::BITS - bits)) as usize;
        }
        let low = u64::from(self.0.next_u32());
        let high = u64::from(self.0.next_u32() >> (u64::BITS - bits));
        (high << u32::BITS | low) as usize
    }
}

/// The largest population from which so many are drawn out of a list of it, and not with the help of a set. Which of the two
/// takes less memory in Python decides, and each draws otherwise.
fn most_for_a_pool(count: usize) -> usize {
    const SMALL: usize = 21;
    if count <= 5 {
        return SMALL;
    }
    let mut table = 1_usize;
    while table < count.saturating_mul(3) {
        table = table.saturating_mul(4);
    }
    table.saturating_add(SMALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sum that depends on every number and its place.
    fn weighed(numbers: &[usize]) -> usize {
        numbers.iter().enumerate().map(|(place, number)| (place + 1) * number).sum()
    }

    #[test]
    fn numbers_are_cpythons_for_seeds_of_one_and_of_two_words() {
        for (seed, expected) in [
            (0, [3_626_764_237, 1_654_615_998, 3_255_389_356]),
            (1, [577_090_037, 2_444_712_010, 3_639_700_191]),
            (42, [2_746_317_213, 478_163_327, 107_420_369]),
            (1 << 32, [485_306_839, 1_508_871_100, 1_794_561_286]),
            ((1 << 40) + 7, [2_635_837_658, 3_209_733_218, 3_500_038_837]),
            (u64::MAX, [93_740_670, 1_068_495_656, 1_452_108_352]),
        ] {
            let mut random = PythonRandom::new(seed);
            assert_eq!([(); 3].map(|()| random.bits(32)), expected, "seed {seed}");
        }
        let mut random = PythonRandom::new(42);
        assert_eq!([(); 2].map(|()| random.bits(40)), [123_005_401_501, 811_856_239_313]);
    }

    #[test]
    fn samples_are_cpythons_out_of_a_list_and_with_a_set() {
        for (seed, population, count, first, sum) in [
            (42, 10, 4, 1, 49),
            (42, 100, 6, 81, 855),
            (42, 1000, 330, 654, 28_058_843),
            (7, 277, 100, 165, 771_760),
            // The largest population that is drawn from a list, and the smallest that is not.
            (7, 277, 85, 165, 521_981),
            (7, 278, 85, 165, 530_266),
            (42, 85, 21, 81, 10_740),
            (42, 86, 21, 81, 10_732),
            (42, 5, 5, 0, 33),
        ] {
            let drawn = PythonRandom::new(seed).sample(population, count);
            let distinct: HashSet<&usize> = drawn.iter().collect();
            assert_eq!((drawn.len(), distinct.len()), (count, count));
            assert_eq!((drawn[0], weighed(&drawn)), (first, sum), "{count} of {population}, seed {seed}");
        }
        assert_eq!(PythonRandom::new(42).sample(3, 9).len(), 3);
        assert_eq!(PythonRandom::new(42).sample(0, 9), [0; 0]);
    }

    #[test]
    fn a_shuffle_is_cpythons() {
        let mut items: Vec<usize> = (0..700).collect();
        PythonRandom::new(42).shuffle(&mut items);
        assert_eq!((items[0], items[1], weighed(&items)), (415, 508, 86_813_266));
        PythonRandom::new(42).shuffle::<u8>(&mut []);
    }
}
