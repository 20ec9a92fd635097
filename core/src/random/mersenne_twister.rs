//! The Mersenne Twister MT19937, seeded as NumPy's legacy generator and as Python's `random` seed it.

const WORDS: usize = 624;
const SHIFT: usize = 397;
const UPPER: u32 = 0x8000_0000;
const LOWER: u32 = 0x7fff_ffff;
const TWIST: u32 = 0x9908_b0df;

/// A generator of 32-bit numbers. A draw needs a few dozen of them from a fresh seed, so a word of the state is twisted
/// when it is asked for, never all 624 at once.
pub(crate) struct MersenneTwister {
    state: [u32; WORDS],
    next: usize,
}

impl MersenneTwister {
    /// A generator that is to be seeded.
    pub(crate) const UNSEEDED: Self = Self { state: [0; WORDS], next: 0 };

    /// Seeds generators afresh, in place. Seeding is one long chain of dependent steps; several chains side by side fill
    /// the processor, so that four cost little more than one.
    pub(crate) fn seed<const LANES: usize>(generators: &mut [Self; LANES], seeds: [u32; LANES]) {
        let mut last = seeds;
        for (generator, seed) in generators.iter_mut().zip(seeds) {
            generator.state[0] = seed;
            generator.next = 0;
        }
        for place in 1..WORDS {
            for (word, generator) in last.iter_mut().zip(&mut *generators) {
                *word = (*word ^ (*word >> 30)).wrapping_mul(1_812_433_253).wrapping_add(place as u32);
                generator.state[place] = *word;
            }
        }
    }

    /// A generator that is seeded by a key of any length, as its inventors' `init_by_array` does. An empty key counts as a zero.
    pub(crate) fn by_key(key: &[u32]) -> Self {
        let key = if key.is_empty() { &[0] } else { key };
        let mut generators = [Self::UNSEEDED];
        Self::seed(&mut generators, [19_650_218]);
        let [mut generator] = generators;
        let mut place = 1;
        for step in 0..WORDS.max(key.len()) {
            let at = step % key.len();
            generator.mix(&mut place, 1_664_525, |_| key[at].wrapping_add(at as u32));
        }
        for _ in 1..WORDS {
            generator.mix(&mut place, 1_566_083_941, |place| (place as u32).wrapping_neg());
        }
        generator.state[0] = UPPER;
        generator
    }

    /// Mixes the word before `place` and an addend into the word there, and goes on to the next place. The first word is not
    /// mixed: it takes over the last one.
    fn mix(&mut self, place: &mut usize, multiplier: u32, addend: impl Fn(usize) -> u32) {
        let before = self.state[*place - 1];
        let mixed = self.state[*place] ^ (before ^ (before >> 30)).wrapping_mul(multiplier);
        self.state[*place] = mixed.wrapping_add(addend(*place));
        *place += 1;
        if *place == WORDS {
            self.state[0] = self.state[WORDS - 1];
            *place = 1;
        }
    }

    /// The next number.
    pub(crate) fn next_u32(&mut self) -> u32 {
        let place = self.next;
        let following = if place + 1 == WORDS { 0 } else { place + 1 };
        let far = if place + SHIFT < WORDS { place + SHIFT } else { place + SHIFT - WORDS };
        self.next = following;
        let joined = (self.state[place] & UPPER) | (self.state[following] & LOWER);
        let mut word = self.state[far] ^ (joined >> 1) ^ ((joined & 1).wrapping_neg() & TWIST);
        self.state[place] = word;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(serde::Deserialize)]
    struct Fixture {
        mersenne_twister: Vec<Outputs>,
    }

    #[derive(serde::Deserialize)]
    struct Outputs {
        seed: u32,
        outputs: BTreeMap<usize, u32>,
    }

    fn seeded<const LANES: usize>(seeds: [u32; LANES]) -> [MersenneTwister; LANES] {
        let mut generators = [const { MersenneTwister::UNSEEDED }; LANES];
        // A used generator must forget what it was.
        generators[0].next_u32();
        MersenneTwister::seed(&mut generators, seeds);
        generators
    }

    #[test]
    fn outputs_are_numpys_across_twists() {
        let fixture: Fixture =
            serde_json::from_str(include_str!("../../tests/fixtures/evaluation/numpy.json")).unwrap();
        assert!(fixture.mersenne_twister.len() > 2);
        for expected in fixture.mersenne_twister {
            let [mut generator] = seeded([expected.seed]);
            for place in 0..1300 {
                let output = generator.next_u32();
                if let Some(number) = expected.outputs.get(&place) {
                    assert_eq!(output, *number, "output {place} of seed {}", expected.seed);
                }
            }
        }
    }

    #[test]
    fn seeds_side_by_side_give_what_each_gives_alone() {
        let together = seeded([1, u32::MAX, 42]);
        for (mut generator, seed) in together.into_iter().zip([1, u32::MAX, 42]) {
            let [mut alone] = seeded([seed]);
            assert!((0..700).all(|_| generator.next_u32() == alone.next_u32()));
        }
    }
}
