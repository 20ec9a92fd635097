//! How well aggregated values tell right CoTs from wrong ones, and how far they are from probabilities.

use std::ops::Range;

use rayon::prelude::*;

use super::accuracy::groups;
use super::bootstrap::Bootstrap;
use super::document::{Calibration, CalibrationBin};
use super::matching::{MatchedQuestion, Material};
use super::method::Method;
use super::ranking::{Ranked, Ranking};

const BINS: usize = 10;

/// Every method's CoTs, ranked: by method, then group (overall, then each category). The bootstrap resamples these.
pub(super) fn rankings(material: &Material<'_>) -> Vec<Ranking> {
    keys(material).into_par_iter().map(|(sets, group)| Ranking::new(cots(material, sets, group).collect())).collect()
}

/// Each method's calibration, overall and by category; `rankings` are those of [`rankings`].
pub(super) fn calibrations(
    material: &Material<'_>,
    methods: &[Method],
    rankings: &[Ranking],
    bootstrap: &Bootstrap,
) -> Vec<Calibration> {
    let names = groups(material);
    keys(material)
        .into_par_iter()
        .enumerate()
        .map(|(place, (sets, group))| {
            let method = methods[place / names.len()].name.clone();
            let reliability = Reliability::of(cots(material, sets, group));
            Calibration {
                method,
                category: names[group].clone(),
                cots: reliability.cots,
                right: reliability.right,
                auroc: rankings[place].auroc(),
                auroc_interval: bootstrap.area(place),
                brier: reliability.brier(),
                ece: reliability.ece(),
                bins: reliability.bins(),
            }
        })
        .collect()
}

/// Each method's reward sets with each group, in the order of the rankings.
fn keys<'a>(material: &'a Material<'_>) -> Vec<(&'a Range<usize>, usize)> {
    let groups = 1 + material.categories.len();
    material.sets.iter().flat_map(|sets| (0..groups).map(move |group| (sets, group))).collect()
}

/// The CoTs of a group with the values that these reward sets give them.
fn cots<'a>(material: &'a Material<'_>, sets: &'a Range<usize>, group: usize) -> impl Iterator<Item = Ranked> + 'a {
    let mut ranges = material.ranges();
    let range = if group == 0 { 0..ranges.pop().map_or(0, |last| last.end) } else { ranges.swap_remove(group - 1) };
    let questions = material.questions().enumerate().skip(range.start).take(range.len());
    questions.flat_map(move |(place, question)| {
        sets.clone().flat_map(move |set| ranked(question, set, u32::try_from(place).unwrap_or(u32::MAX)))
    })
}

fn ranked<'a>(question: &'a MatchedQuestion<'_>, set: usize, place: u32) -> impl Iterator<Item = Ranked> + 'a {
    let values = question.values(set).iter().enumerate();
    values.map(move |(cot, value)| Ranked { value: *value, question: place, right: question.judged.is_right(cot) })
}

/// Values against outcomes.
#[derive(Default)]
struct Reliability {
    cots: usize,
    right: usize,
    squares: f64,
    bins: [Bin; BINS],
    /// Whether a value was no probability.
    unbounded: bool,
}

#[derive(Clone, Copy, Default)]
struct Bin {
    cots: usize,
    right: usize,
    values: f64,
}

impl Reliability {
    fn of(cots: impl Iterator<Item = Ranked>) -> Self {
        let mut all = Self::default();
        for cot in cots {
            all.cots += 1;
            all.right += usize::from(cot.right);
            if !(0.0..=1.0).contains(&cot.value) {
                all.unbounded = true;
                continue;
            }
            let outcome = if cot.right { 1.0 } else { 0.0 };
            all.squares += (cot.value - outcome) * (cot.value - outcome);
            let bin = &mut all.bins[((cot.value * BINS as f64) as usize).min(BINS - 1)];
            bin.cots += 1;
            bin.right += usize::from(cot.right);
            bin.values += cot.value;
        }
        all
    }

    fn calibrated(&self) -> bool {
        self.cots > 0 && !self.unbounded
    }

    fn brier(&self) -> Option<f64> {
        self.calibrated().then(|| self.squares / self.cots as f64)
    }

    fn ece(&self) -> Option<f64> {
        let gap = |bin: &Bin| (bin.values - bin.right as f64).abs();
        self.calibrated().then(|| self.bins.iter().map(gap).sum::<f64>() / self.cots as f64)
    }

    fn bins(&self) -> Vec<CalibrationBin> {
        if !self.calibrated() {
            return Vec::new();
        }
        let share = |bin: &Bin, sum: f64| (bin.cots > 0).then(|| sum / bin.cots as f64);
        self.bins
            .iter()
            .enumerate()
            .map(|(place, bin)| CalibrationBin {
                from: place as f64 / BINS as f64,
                to: (place + 1) as f64 / BINS as f64,
                cots: bin.cots,
                mean_value: share(bin, bin.values),
                right_share: share(bin, bin.right as f64),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reliability(cots: &[(f64, bool)]) -> Reliability {
        Reliability::of(cots.iter().map(|(value, right)| Ranked { value: *value, question: 0, right: *right }))
    }

    #[test]
    fn brier_and_calibration_error_by_hand() {
        let all = reliability(&[(0.95, true), (0.91, false), (0.25, false), (1.0, true)]);
        let brier = (0.05_f64.powi(2) + 0.91_f64.powi(2) + 0.25_f64.powi(2)) / 4.0;
        assert!((all.brier().unwrap() - brier).abs() < 1e-12);
        let ece = ((0.95 + 0.91 + 1.0 - 2.0) + 0.25) / 4.0;
        assert!((all.ece().unwrap() - ece).abs() < 1e-12);
        let bins = all.bins();
        assert_eq!((bins.len(), bins[9].cots, bins[2].right_share, bins[0].mean_value), (10, 3, Some(0.0), None));
    }

    #[test]
    fn values_that_are_no_probabilities_are_not_calibrated() {
        let all = reliability(&[(1.5, true), (0.5, false)]);
        assert_eq!((all.brier(), all.ece(), all.bins().len(), all.right), (None, None, 0, 1));
    }
}
