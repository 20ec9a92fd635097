//! The accuracy of every method under every strategy, for each N, overall and by category.

use std::ops::Range;

use rayon::prelude::*;

use super::bootstrap::Bootstrap;
use super::document::{Accuracy, OVERALL, Strategy};
use super::matching::Material;
use super::method::Method;
use super::protocol::Verdicts;
use super::published::{Spread, Spreads};
use super::rates::Rates;
use super::selection::{Columns, RewardColumn};
use super::{MAJORITY_VOTE, PASS_AT_N, Settings};

/// The overall result and each category's, by name: the groups that results are given for.
pub(super) fn groups(material: &Material<'_>) -> Vec<String> {
    let categories = material.categories.iter().map(|category| category.name.as_str().to_owned());
    std::iter::once(OVERALL.to_owned()).chain(categories).collect()
}

/// The mean rate of each cell by group (overall, then each category), then cell, in percent. Overall counts each category
/// once, as published.
pub(super) fn percentages(rates: &Rates, categories: &[Range<usize>]) -> Vec<Vec<f64>> {
    let cells = rates.cells();
    let mut groups = vec![vec![0.0; cells]];
    for category in categories {
        let mut means = vec![0.0; cells];
        for row in rates.values[category.start * cells..category.end * cells].chunks_exact(cells) {
            means.iter_mut().zip(row).for_each(|(mean, rate)| *mean += rate);
        }
        means.iter_mut().for_each(|mean| *mean *= 100.0 / category.len() as f64);
        groups[0].iter_mut().zip(&means).for_each(|(overall, mean)| *overall += mean);
        groups.push(means);
    }
    groups[0].iter_mut().for_each(|mean| *mean /= categories.len() as f64);
    groups
}

/// What accuracies are made of.
pub(super) struct Accuracies<'a> {
    pub(super) material: &'a Material<'a>,
    pub(super) methods: &'a [Method],
    pub(super) settings: &'a Settings,
    pub(super) verdicts: &'a Verdicts,
    pub(super) spreads: &'a Spreads,
    pub(super) rates: &'a Rates,
    pub(super) percentages: &'a [Vec<f64>],
    pub(super) bootstrap: &'a Bootstrap,
}

/// A row of the tables: its column among methods, and the columns of its reward sets.
struct Row<'a> {
    method: &'a str,
    strategy: Strategy,
    column: usize,
    sets: Vec<usize>,
}

impl Accuracies<'_> {
    /// In the order that the document promises.
    pub(super) fn all(&self) -> Vec<Accuracy> {
        let groups = groups(self.material);
        let rows = self.rows();
        let mut keys = Vec::new();
        for row in &rows {
            for size in 0..self.settings.n.len() {
                keys.extend((0..groups.len()).map(|group| (row, size, group)));
            }
        }
        keys.into_par_iter().map(|(row, size, group)| self.accuracy(row, size, group, &groups[group])).collect()
    }

    fn rows(&self) -> Vec<Row<'_>> {
        let rewarded = |strategy, column: RewardColumn| {
            self.methods.iter().zip(&self.material.sets).enumerate().map(move |(place, (method, sets))| Row {
                method: &method.name,
                strategy,
                column: column(self.rates.columns, place),
                sets: sets.clone().map(|set| column(self.verdicts.columns, set)).collect(),
            })
        };
        let first = Row {
            method: MAJORITY_VOTE,
            strategy: Strategy::MajorityVote,
            column: Columns::MAJORITY_VOTE,
            sets: vec![Columns::MAJORITY_VOTE],
        };
        let last = Row {
            method: PASS_AT_N,
            strategy: Strategy::PassAtN,
            column: self.rates.columns.pass_at_n(),
            sets: vec![self.verdicts.columns.pass_at_n()],
        };
        std::iter::once(first)
            .chain(rewarded(Strategy::BestOfN, Columns::best_of_n))
            .chain(rewarded(Strategy::WeightedVote, Columns::weighted_vote))
            .chain(std::iter::once(last))
            .collect()
    }

    fn accuracy(&self, row: &Row<'_>, size: usize, group: usize, name: &str) -> Accuracy {
        let spreads: Vec<Spread> =
            row.sets.iter().map(|set| self.spreads.get(self.verdicts.cell(*set, size), group)).collect();
        let mean = |value: fn(&Spread) -> f64| spreads.iter().map(value).sum::<f64>() / spreads.len() as f64;
        let cell = self.rates.cell(row.column, size);
        let replicates: Vec<f64> =
            if spreads.len() > 1 { spreads.iter().map(|spread| spread.mean).collect() } else { Vec::new() };
        Accuracy {
            method: row.method.to_owned(),
            strategy: row.strategy,
            n: self.settings.n[size],
            category: name.to_owned(),
            mean: mean(|spread| spread.mean),
            std: mean(|spread| spread.std),
            expected: self.rates.is_exact(cell).then(|| self.percentages[group][cell]),
            interval: self.bootstrap.rate(group, cell).map(|interval| interval.map(|rate| 100.0 * rate)),
            replicate_std: sample_std(&replicates),
            replicates,
        }
    }
}

/// The sample standard deviation; none of fewer than two values.
fn sample_std(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::sample_std;

    #[test]
    fn the_spread_over_replicates_is_a_samples() {
        assert_eq!(sample_std(&[1.0]), None);
        assert_eq!(sample_std(&[1.0, 3.0]), Some(f64::sqrt(2.0)));
    }
}
