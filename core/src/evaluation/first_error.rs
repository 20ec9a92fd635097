//! How well step rewards find the first wrong step, where the data has step labels: ProcessBench's measure.

use super::accuracy::groups;
use super::document::FirstError;
use super::matching::{MatchedQuestion, Material};
use super::method::{Method, STEP_THRESHOLD};
use super::questions::StepLabels;

/// Found and all, among CoTs of one kind.
#[derive(Clone, Copy, Default)]
struct Share {
    found: usize,
    all: usize,
}

impl Share {
    fn count(&mut self, found: bool) {
        self.all += 1;
        self.found += usize::from(found);
    }

    fn value(self) -> Option<f64> {
        (self.all > 0).then(|| self.found as f64 / self.all as f64)
    }
}

/// CoTs with and without a wrong step.
#[derive(Clone, Copy, Default)]
struct Tally {
    wrong: Share,
    right: Share,
}

/// For each method that rewards steps, overall and by category; empty where no CoT has step labels.
pub(super) fn first_errors(material: &Material<'_>, methods: &[Method]) -> Vec<FirstError> {
    let names = groups(material);
    let mut all = Vec::new();
    for (method, sets) in methods.iter().zip(&material.sets) {
        if !sets.clone().all(|set| rewards_steps(material, set)) {
            continue;
        }
        let mut tallies = vec![Tally::default(); names.len()];
        for (place, category) in material.categories.iter().enumerate() {
            for question in &category.questions {
                sets.clone().for_each(|set| tally(question, set, &mut tallies[place + 1]));
            }
        }
        tallies[0] = tallies[1..].iter().fold(Tally::default(), |mut sum, tally| {
            for (sum, part) in [(&mut sum.wrong, tally.wrong), (&mut sum.right, tally.right)] {
                sum.all += part.all;
                sum.found += part.found;
            }
            sum
        });
        let labelled = tallies.into_iter().zip(&names).filter(|(tally, _)| tally.wrong.all + tally.right.all > 0);
        all.extend(labelled.map(|(tally, name)| summary(&method.name, name, tally)));
    }
    all
}

fn summary(method: &str, category: &str, tally: Tally) -> FirstError {
    let (wrong, right) = (tally.wrong.value(), tally.right.value());
    let f1 = match (wrong, right) {
        (Some(wrong), Some(right)) if wrong + right > 0.0 => Some(2.0 * wrong * right / (wrong + right)),
        (Some(_), Some(_)) => Some(0.0),
        _ => None,
    };
    FirstError {
        method: method.to_owned(),
        category: category.to_owned(),
        threshold: STEP_THRESHOLD,
        wrong_cots: tally.wrong.all,
        wrong_accuracy: wrong,
        right_cots: tally.right.all,
        right_accuracy: right,
        f1,
    }
}

/// Whether a reward set has one reward a step for every labelled CoT that it has any rewards for. A set of verdicts has
/// as many as were sampled, and says nothing about steps.
fn rewards_steps(material: &Material<'_>, set: usize) -> bool {
    material.questions().all(|question| {
        let judged = question.judged;
        let cots = judged.labels.iter().zip(question.lists(set)).zip(&judged.steps);
        cots.filter(|((labels, _), _)| **labels != StepLabels::Absent)
            .all(|((_, list), steps)| list.is_none_or(|list| list.length == 0 || list.length == *steps))
    })
}

fn tally(question: &MatchedQuestion<'_>, set: usize, tally: &mut Tally) {
    for (labels, list) in question.judged.labels.iter().zip(question.lists(set)) {
        let Some(list) = list else { continue };
        match labels {
            StepLabels::Absent => {}
            StepLabels::AllRight => tally.right.count(list.first_low().is_none()),
            StepLabels::FirstWrong(step) => tally.wrong.count(list.first_low() == Some(*step)),
        }
    }
}
