//! Methods held against each other on the same questions.
//!
//! The test is the paired sign-flip permutation test: if two methods are equally good, each question's difference of
//! success rates might as well have had the other sign. It needs no normality, keeps its level with few questions (25 a
//! category), and takes differences between 0 and 1 as they are, where McNemar's test would need single outcomes. The
//! statistic is the reported difference itself, Overall counting each category once.

use std::ops::Range;

use rayon::prelude::*;

use super::accuracy::groups;
use super::bootstrap::Bootstrap;
use super::document::{Comparison, MethodRef, Strategy};
use super::matching::Material;
use super::method::Method;
use super::rates::Rates;
use super::resampling::{LANES, Lanes, Resampler, category_means, overall_means};
use super::selection::{Columns, RewardColumn};
use super::{MAJORITY_VOTE, Settings};
use crate::{Context, Result};

/// Two columns to compare, and who they are.
struct Pair {
    columns: [usize; 2],
    names: [MethodRef; 2],
}

/// Under Best-of-N, then under weighted vote: each reward method against majority vote, then against each other.
fn pairs(methods: &[Method], columns: Columns) -> Vec<Pair> {
    let strategies =
        [(Strategy::BestOfN, Columns::best_of_n as RewardColumn), (Strategy::WeightedVote, Columns::weighted_vote)];
    let mut pairs = Vec::new();
    for (strategy, column) in strategies {
        let name = |method: usize| MethodRef { method: methods[method].name.clone(), strategy };
        pairs.extend((0..methods.len()).map(|method| Pair {
            columns: [column(columns, method), Columns::MAJORITY_VOTE],
            names: [name(method), MethodRef { method: MAJORITY_VOTE.to_owned(), strategy: Strategy::MajorityVote }],
        }));
        for first in 0..methods.len() {
            pairs.extend((first + 1..methods.len()).map(|second| Pair {
                columns: [column(columns, first), column(columns, second)],
                names: [name(first), name(second)],
            }));
        }
    }
    pairs
}

/// What comparisons are made of.
pub(super) struct Comparisons<'a> {
    pub(super) material: &'a Material<'a>,
    pub(super) methods: &'a [Method],
    pub(super) settings: &'a Settings,
    pub(super) rates: &'a Rates,
    pub(super) percentages: &'a [Vec<f64>],
    pub(super) bootstrap: &'a Bootstrap,
}

impl Comparisons<'_> {
    /// For each pair: every N overall, then each category at the largest N.
    pub(super) fn all(&self, context: &Context, resampler: &Resampler) -> Result<Vec<Comparison>> {
        let pairs = pairs(self.methods, self.rates.columns);
        let sizes = self.settings.n.len();
        let cells: Vec<[usize; 2]> = pairs
            .iter()
            .flat_map(|pair| (0..sizes).map(|size| pair.columns.map(|column| self.rates.cell(column, size))))
            .collect();
        let differences: Vec<f64> = self
            .rates
            .values
            .chunks_exact(self.rates.cells())
            .flat_map(|rates| cells.iter().map(|[first, second]| rates[*first] - rates[*second]))
            .collect();
        let p_values = sign_flip(context, resampler, self.settings.bootstrap, &differences, cells.len())?;
        let names = groups(self.material);
        let mut comparisons = Vec::new();
        for (place, pair) in pairs.iter().enumerate() {
            let every_size = (0..sizes).map(|size| (size, 0));
            let every_category = (1..names.len()).map(|group| (sizes - 1, group));
            for (size, group) in every_size.chain(every_category) {
                let column = place * sizes + size;
                let [first, second] = cells[column];
                let interval = self.bootstrap.difference(group, first, second);
                comparisons.push(Comparison {
                    n: self.settings.n[size],
                    category: names[group].clone(),
                    first: pair.names[0].clone(),
                    second: pair.names[1].clone(),
                    difference: self.percentages[group][first] - self.percentages[group][second],
                    interval: interval.map(|interval| interval.map(|difference| 100.0 * difference)),
                    p: p_values.as_ref().map(|p_values| p_values[group * cells.len() + column]),
                });
            }
        }
        Ok(comparisons)
    }
}

/// Two-sided p-values of no difference by group (overall, then each category), then column of `differences` (one row of
/// `width` a question). None where nothing is resampled.
fn sign_flip(
    context: &Context,
    resampler: &Resampler,
    resamples: u32,
    differences: &[f64],
    width: usize,
) -> Result<Option<Vec<f64>>> {
    if resamples == 0 {
        return Ok(None);
    }
    let observed =
        group_means(resampler.categories(), &vec![[1.0; LANES]; differences.len() / width.max(1)], differences, width);
    let blocks = u64::from(resamples).div_ceil(LANES as u64);
    let zero = || vec![0_u32; observed.len()];
    let as_large = (0..blocks)
        .into_par_iter()
        .try_fold(zero, |mut as_large, block| {
            context.check_cancelled()?;
            let flipped = group_means(resampler.categories(), &resampler.signs(block), differences, width);
            let lanes = LANES.min((u64::from(resamples) - block * LANES as u64) as usize);
            for ((count, flipped), observed) in as_large.iter_mut().zip(&flipped).zip(&observed) {
                // Sums in another order differ in the last bits.
                let least = observed[0].abs() - 1e-12;
                *count += flipped[..lanes].iter().filter(|mean| mean.abs() >= least).count() as u32;
            }
            Ok::<_, crate::Error>(as_large)
        })
        .try_reduce(zero, |mut left, right| {
            left.iter_mut().zip(right).for_each(|(left, right)| *left += right);
            Ok(left)
        })?;
    // The signs as they are belong to the reference set: no p-value is 0.
    Ok(Some(as_large.into_iter().map(|count| f64::from(count + 1) / (f64::from(resamples) + 1.0)).collect()))
}

fn group_means(categories: &[Range<usize>], weights: &[Lanes], rows: &[f64], width: usize) -> Vec<Lanes> {
    let by_category = category_means(categories, weights, rows, width);
    let mut groups = overall_means(&by_category, width);
    groups.extend(by_category);
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Registry;

    fn p_values(differences: &[f64], resamples: u32) -> Option<Vec<f64>> {
        let resampler = Resampler::new(42, std::iter::once(0..differences.len()).collect());
        sign_flip(&Context::new(Registry::builtin()), &resampler, resamples, differences, 1).unwrap()
    }

    #[test]
    fn the_p_value_is_the_share_of_all_sign_flips() {
        // 2^6 flips; only those with all signs alike reach the observed sum.
        let p = p_values(&[0.5; 6], 20_000).unwrap();
        assert!((p[0] - 2.0 / 64.0).abs() < 0.005, "{p:?}");
        assert_eq!(p[0], p[1], "a single category is the overall");
    }

    #[test]
    fn no_difference_at_all_has_a_p_value_of_one() {
        assert_eq!(p_values(&[0.0; 10], 100), Some(vec![1.0, 1.0]));
    }

    #[test]
    fn no_p_value_is_zero_and_none_is_made_without_resamples() {
        assert_eq!(p_values(&[0.3; 100], 99).unwrap()[0], 0.01);
        assert_eq!(p_values(&[0.3; 100], 0), None);
    }
}
