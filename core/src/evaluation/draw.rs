//! Which CoTs a run draws of a question, exactly as the published code draws them.
//!
//! The seed of a draw is made of the evaluation's seed, the run and the question, not of N. NumPy draws without
//! replacement by shuffling all n CoTs and taking the first N, so one order serves every N of a run.

use md5::{Digest, Md5};

use crate::random::mersenne_twister::MersenneTwister;

/// How many orders are made side by side.
pub(super) const LANES: usize = 4;

/// Draws the CoTs of one question.
pub(super) struct Draws {
    seed: i64,
    question: String,
    generators: Box<[MersenneTwister; LANES]>,
    orders: [Vec<u32>; LANES],
}

impl Draws {
    /// Draws of the question with this id and this many CoTs.
    pub(super) fn new(seed: i64, question: &str, cots: usize) -> Self {
        Self {
            seed,
            question: question.to_owned(),
            generators: Box::new([const { MersenneTwister::UNSEEDED }; LANES]),
            orders: std::array::from_fn(|_| vec![0; cots]),
        }
    }

    /// The orders in which the runs from `first_run` on see the CoTs; a draw of N is the first N of one.
    pub(super) fn orders(&mut self, first_run: u32) -> &[Vec<u32>; LANES] {
        let seeds = std::array::from_fn(|lane| self.seed_of(first_run.wrapping_add(lane as u32)));
        MersenneTwister::seed(&mut self.generators, seeds);
        for (generator, order) in self.generators.iter_mut().zip(&mut self.orders) {
            shuffle(generator, order);
        }
        &self.orders
    }

    fn seed_of(&self, run: u32) -> u32 {
        let digest = Md5::digest(format!("{}_{run}_{}", self.seed, self.question));
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
    }
}

/// The order `0..n` shuffled as NumPy's legacy `permutation` does: from the end down, each place is swapped with one at or
/// below it, drawn by masked rejection.
fn shuffle(generator: &mut MersenneTwister, order: &mut [u32]) {
    for (place, cot) in order.iter_mut().enumerate() {
        *cot = place as u32;
    }
    for place in (1..order.len()).rev() {
        let mask = u32::MAX >> (place as u32).leading_zeros();
        let other = loop {
            let drawn = (generator.next_u32() & mask) as usize;
            if drawn <= place {
                break drawn;
            }
        };
        order.swap(place, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Fixture {
        draws: Vec<Expected>,
    }

    #[derive(serde::Deserialize)]
    struct Expected {
        seed: i64,
        run: u32,
        q_id: String,
        n: usize,
        first: Vec<u32>,
    }

    #[test]
    fn draws_are_the_published_codes() {
        let fixture: Fixture =
            serde_json::from_str(include_str!("../../tests/fixtures/evaluation/numpy.json")).unwrap();
        assert!(fixture.draws.len() > 50);
        for expected in fixture.draws {
            let mut draws = Draws::new(expected.seed, &expected.q_id, expected.n);
            for (lane, first_run) in (0..=expected.run.min(3)).map(|lane| (lane as usize, expected.run - lane)) {
                let order = &draws.orders(first_run)[lane];
                assert_eq!(order.len(), expected.n);
                assert_eq!(order[..expected.first.len()], expected.first, "{} CoTs of {:?}", expected.n, expected.q_id);
            }
        }
    }

    #[test]
    fn a_question_without_cots_draws_none() {
        assert!(Draws::new(42, "empty", 0).orders(0).iter().all(Vec::is_empty));
    }
}
