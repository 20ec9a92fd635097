//! The bootstrap over questions: what accuracies and areas would have been with other questions of the same categories.

use rayon::prelude::*;

use super::ranking::Ranking;
use super::rates::Rates;
use super::resampling::{LANES, Lanes, Resampler, category_means, overall_means};
use crate::{Context, Result};

/// The bootstrap's samples of every rate and of every ranking's area.
pub(super) struct Bootstrap {
    resamples: usize,
    cells: usize,
    blocks: Vec<Block>,
}

/// Eight resamples.
struct Block {
    /// Mean rates by group (overall, then each category), then cell.
    rates: Vec<Lanes>,
    /// Areas by ranking.
    areas: Vec<Lanes>,
}

impl Bootstrap {
    pub(super) fn new(
        context: &Context,
        resampler: &Resampler,
        resamples: u32,
        rates: &Rates,
        rankings: &[Ranking],
    ) -> Result<Self> {
        let cells = rates.cells();
        let count = u64::from(resamples).div_ceil(LANES as u64);
        let progress = context.start("resampling questions", Some(count));
        let blocks = (0..count)
            .into_par_iter()
            .map(|block| {
                context.check_cancelled()?;
                let weights = resampler.bootstrap(block);
                let categories = category_means(resampler.categories(), &weights, &rates.values, cells);
                let mut means = overall_means(&categories, cells);
                means.extend(categories);
                let areas = rankings.iter().map(|ranking| ranking.resampled(&weights)).collect();
                progress.advance(1);
                Ok(Block { rates: means, areas })
            })
            .collect::<Result<_>>()?;
        Ok(Self { resamples: resamples as usize, cells, blocks })
    }

    /// The 95 % interval of a cell's rate in a group.
    pub(super) fn rate(&self, group: usize, cell: usize) -> Option<[f64; 2]> {
        let place = group * self.cells + cell;
        self.interval(|block, lane| block.rates[place][lane])
    }

    /// The 95 % interval of the difference of two cells' rates, on the same questions.
    pub(super) fn difference(&self, group: usize, first: usize, second: usize) -> Option<[f64; 2]> {
        let (first, second) = (group * self.cells + first, group * self.cells + second);
        self.interval(|block, lane| block.rates[first][lane] - block.rates[second][lane])
    }

    /// The 95 % interval of a ranking's area, over the resamples that have one.
    pub(super) fn area(&self, ranking: usize) -> Option<[f64; 2]> {
        self.interval(|block, lane| block.areas[ranking][lane])
    }

    fn interval(&self, sample: impl Fn(&Block, usize) -> f64) -> Option<[f64; 2]> {
        let lanes = self.blocks.iter().flat_map(|block| (0..LANES).map(move |lane| (block, lane)));
        let samples = lanes.take(self.resamples).map(|(block, lane)| sample(block, lane));
        percentile_interval(samples.filter(|sample| !sample.is_nan()).collect())
    }
}

/// The 2.5th and the 97.5th percentile, interpolated linearly between samples; none of fewer than two samples.
fn percentile_interval(mut samples: Vec<f64>) -> Option<[f64; 2]> {
    if samples.len() < 2 {
        return None;
    }
    Some([percentile(&mut samples, 0.025), percentile(&mut samples, 0.975)])
}

fn percentile(samples: &mut [f64], share: f64) -> f64 {
    let place = share * (samples.len() - 1) as f64;
    let (_, lower, above) = samples.select_nth_unstable_by(place as usize, f64::total_cmp);
    let next = above.iter().copied().fold(f64::INFINITY, f64::min);
    if next.is_finite() { *lower + place.fract() * (next - *lower) } else { *lower }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_between_percentiles_as_numpy_interpolates_them() {
        let samples = (0..41).rev().map(f64::from).collect();
        assert_eq!(percentile_interval(samples), Some([1.0, 39.0]));
        let interval = percentile_interval(vec![3.0, 1.0]).unwrap();
        assert!((interval[0] - 1.05).abs() < 1e-12 && (interval[1] - 2.95).abs() < 1e-12);
    }

    #[test]
    fn one_sample_has_no_interval() {
        assert_eq!(percentile_interval(vec![1.0]), None);
    }
}
