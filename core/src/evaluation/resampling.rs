//! Resamples of the questions, as weights: how often the bootstrap draws each, or which sign a paired test gives it.
//!
//! Eight resamples are made at a time, side by side, so that sums over them fill the processor's lanes. Each block of
//! eight is seeded by its own number: the result does not depend on which thread makes it.

use std::ops::Range;

/// Resamples made side by side.
pub(super) const LANES: usize = 8;

/// One number for each of the resamples made side by side.
pub(super) type Lanes = [f64; LANES];

/// Makes resamples of questions that lie in categories.
#[derive(Clone, Debug)]
pub(super) struct Resampler {
    seed: u64,
    categories: Vec<Range<usize>>,
}

/// What a resample is for; each purpose has random numbers of its own.
#[derive(Clone, Copy)]
enum Purpose {
    Bootstrap = 1,
    Signs = 2,
}

impl Resampler {
    /// `categories` are the places of each category's questions, one after the other.
    pub(super) fn new(seed: i64, categories: Vec<Range<usize>>) -> Self {
        Self { seed: seed.cast_unsigned(), categories }
    }

    pub(super) fn categories(&self) -> &[Range<usize>] {
        &self.categories
    }

    /// How often each question is drawn, with replacement, within its category: every category keeps its size.
    pub(super) fn bootstrap(&self, block: u64) -> Vec<Lanes> {
        let mut random = self.random(Purpose::Bootstrap, block);
        let mut weights = vec![[0.0; LANES]; self.questions()];
        for category in &self.categories {
            let weights = &mut weights[category.clone()];
            let size = weights.len() as u64;
            for _ in 0..size {
                for pair in 0..LANES / 2 {
                    let bits = random.next_u64();
                    let place = |half: u64| (((half & 0xffff_ffff) * size) >> 32) as usize;
                    weights[place(bits)][2 * pair] += 1.0;
                    weights[place(bits >> 32)][2 * pair + 1] += 1.0;
                }
            }
        }
        weights
    }

    /// A random sign for each question.
    pub(super) fn signs(&self, block: u64) -> Vec<Lanes> {
        let mut random = self.random(Purpose::Signs, block);
        let sign = |bit: u64| if bit == 0 { -1.0 } else { 1.0 };
        (0..self.questions())
            .map(|_| {
                let bits = random.next_u64();
                std::array::from_fn(|lane| sign(bits >> (8 * lane + 7) & 1))
            })
            .collect()
    }

    fn questions(&self) -> usize {
        self.categories.last().map_or(0, |category| category.end)
    }

    fn random(&self, purpose: Purpose, block: u64) -> SplitMix {
        let mut seeding = SplitMix(self.seed);
        let seed = seeding.next_u64() ^ (block << 2 | purpose as u64);
        SplitMix(SplitMix(seed).next_u64())
    }
}

/// For each category, then each column of `rows` (one row of `width` a question), the weighted mean over the category's
/// questions.
pub(super) fn category_means(categories: &[Range<usize>], weights: &[Lanes], rows: &[f64], width: usize) -> Vec<Lanes> {
    let mut means = vec![[0.0; LANES]; categories.len() * width];
    for (category, means) in categories.iter().zip(means.chunks_exact_mut(width.max(1))) {
        for question in category.clone() {
            let weights = &weights[question];
            for (value, mean) in rows[question * width..(question + 1) * width].iter().zip(&mut *means) {
                for lane in 0..LANES {
                    mean[lane] += weights[lane] * value;
                }
            }
        }
        let questions = category.len() as f64;
        means.iter_mut().flatten().for_each(|mean| *mean /= questions);
    }
    means
}

/// The mean of the categories' means, for each column: each category counts the same, as in the published Overall.
pub(super) fn overall_means(category_means: &[Lanes], width: usize) -> Vec<Lanes> {
    let mut overall = vec![[0.0; LANES]; width];
    let categories = category_means.len() / width.max(1);
    for means in category_means.chunks_exact(width.max(1)) {
        for (overall, mean) in overall.iter_mut().zip(means) {
            (0..LANES).for_each(|lane| overall[lane] += mean[lane]);
        }
    }
    overall.iter_mut().flatten().for_each(|mean| *mean /= categories as f64);
    overall
}

/// Sebastiano Vigna's SplitMix64: small, fast, and good enough to shuffle questions.
struct SplitMix(u64);

impl SplitMix {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bootstrap_keeps_the_size_of_every_category() {
        let resampler = Resampler::new(42, vec![0..3, 3..10]);
        for block in 0..20 {
            let weights = resampler.bootstrap(block);
            for lane in 0..LANES {
                assert_eq!(weights[..3].iter().map(|weight| weight[lane]).sum::<f64>(), 3.0);
                assert_eq!(weights[3..].iter().map(|weight| weight[lane]).sum::<f64>(), 7.0);
            }
        }
    }

    #[test]
    fn every_question_is_drawn_once_on_average_and_both_signs_come_equally_often() {
        let resampler = Resampler::new(-1, vec![0..4, 4..5, 5..25]);
        let (mut drawn, mut signs) = (vec![0.0; 25], 0.0);
        for block in 0..500 {
            for (total, weights) in drawn.iter_mut().zip(resampler.bootstrap(block)) {
                *total += weights.iter().sum::<f64>();
            }
            signs += resampler.signs(block).iter().flatten().sum::<f64>();
        }
        // 4,000 resamples: the standard error of a mean weight is below 0.016, of the mean sign 0.0032.
        assert!(drawn.iter().all(|total| (total / 4000.0 - 1.0).abs() < 0.08), "{drawn:?}");
        assert!((signs / (25.0 * 4000.0)).abs() < 0.016, "{signs}");
    }

    #[test]
    fn means_are_by_category_and_overall_counts_each_category_once() {
        let weights = vec![[1.0; LANES], [1.0; LANES], [2.0; LANES]];
        let rows = [1.0, 10.0, 3.0, 30.0, 5.0, 50.0];
        let means = category_means(&[0..2, 2..3], &weights, &rows, 2);
        assert_eq!(means.iter().map(|mean| mean[7]).collect::<Vec<_>>(), [2.0, 20.0, 10.0, 100.0]);
        let overall: Vec<f64> = overall_means(&means, 2).iter().map(|mean| mean[0]).collect();
        assert_eq!(overall, [6.0, 60.0]);
    }
}
