//! Accuracy by how long CoTs are.

use std::ops::Range;

use super::document::ByLength;
use super::matching::Material;
use super::method::Method;
use super::ranking::{Ranked, Ranking};

/// About how many groups of equal size there are.
const GROUPS: usize = 5;

/// For each method, groups of CoTs of about one length, short ones first.
pub(super) fn by_length(material: &Material<'_>, methods: &[Method]) -> Vec<ByLength> {
    let groups = groups(steps(material));
    let sets = methods.iter().zip(&material.sets);
    sets.flat_map(|(method, sets)| groups.iter().map(|group| of_group(material, &method.name, sets, group))).collect()
}

/// How many CoTs have each number of steps, ascending.
fn steps(material: &Material<'_>) -> Vec<Length> {
    let mut all: Vec<u32> = material.questions().flat_map(|question| question.judged.steps.iter().copied()).collect();
    all.sort_unstable();
    all.chunk_by(|left, right| left == right).map(|same| Length { steps: same[0], cots: same.len() }).collect()
}

/// A number of steps, and how many CoTs have it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Length {
    steps: u32,
    cots: usize,
}

/// Divides lengths at quantiles. CoTs of one length stay together, so there may be fewer groups, and unequal ones.
fn groups(lengths: Vec<Length>) -> Vec<Range<u32>> {
    let total: usize = lengths.iter().map(|length| length.cots).sum();
    let mut groups: Vec<(usize, Range<u32>)> = Vec::new();
    let mut before = 0;
    for length in lengths {
        let middle = 2 * before + length.cots;
        before += length.cots;
        let quantile = middle * GROUPS / (2 * total);
        match groups.last_mut() {
            Some((last, range)) if *last == quantile => range.end = length.steps + 1,
            _ => groups.push((quantile, length.steps..length.steps + 1)),
        }
    }
    groups.into_iter().map(|(_, range)| range).collect()
}

fn of_group(material: &Material<'_>, method: &str, sets: &Range<usize>, group: &Range<u32>) -> ByLength {
    let mut cots = Vec::new();
    for question in material.questions() {
        let judged = question.judged;
        for set in sets.clone() {
            let inside = question.values(set).iter().enumerate().filter(|(cot, _)| group.contains(&judged.steps[*cot]));
            cots.extend(inside.map(|(cot, value)| Ranked { value: *value, question: 0, right: judged.is_right(cot) }));
        }
    }
    let right = cots.iter().filter(|cot| cot.right).count();
    ByLength {
        method: method.to_owned(),
        from_steps: group.start as usize,
        to_steps: (group.end - 1) as usize,
        cots: cots.len(),
        accuracy: 100.0 * right as f64 / cots.len() as f64,
        mean_value: cots.iter().map(|cot| cot.value).sum::<f64>() / cots.len() as f64,
        auroc: Ranking::new(cots).auroc(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(counts: &[(u32, usize)]) -> Vec<Length> {
        counts.iter().map(|(steps, cots)| Length { steps: *steps, cots: *cots }).collect()
    }

    #[test]
    fn equally_frequent_lengths_make_five_groups() {
        let all = lengths(&(1..=10).map(|steps| (steps, 7)).collect::<Vec<_>>());
        assert_eq!(groups(all), [1..3, 3..5, 5..7, 7..9, 9..11]);
    }

    #[test]
    fn cots_of_one_length_stay_together() {
        assert_eq!(groups(lengths(&[(3, 100), (4, 1)])), [3..4, 4..5]);
        assert_eq!(groups(lengths(&[(0, 1), (1, 98), (9, 1)])), [0..1, 1..2, 9..10]);
        assert_eq!(groups(Vec::new()), []);
    }
}
