//! What is measured in one category, or in all of them.

use std::num::NonZeroUsize;

use touchstone::Category;
use touchstone::evaluation::document::{Calibration, OVERALL};

use crate::compounding::{Compounding, Graded};
use crate::material::{Cot, Material};

/// A category, or all.
pub struct Scope {
    /// Its name.
    pub name: String,
    /// Every method on CoTs of all lengths.
    pub all: Vec<Calibration>,
    /// The same by length: short CoTs first.
    pub groups: Vec<Group>,
}

/// CoTs of about one length.
pub struct Group {
    /// The fewest steps.
    pub from: usize,
    /// The most.
    pub to: usize,
    /// CoTs in the group.
    pub cots: usize,
    /// The percentage of them that is right.
    pub accuracy: f64,
    /// Every method on these CoTs alone.
    pub methods: Vec<Calibration>,
    /// Errors of the process reward model's steps.
    pub process: Compounding,
    /// The size of the log error of the outcome reward model's one value.
    pub outcome_error: f64,
}

/// The places of the models among those of the material.
const OUTCOME: usize = 0;
const PROCESS: usize = 1;

impl Scope {
    /// Measures a category, or all of them, in the evaluation's own groups of lengths.
    pub fn measure(
        material: &Material<'_>,
        category: Option<&Category>,
        bins: NonZeroUsize,
    ) -> touchstone::Result<Self> {
        let whole = material.evaluate(category, &(0..=usize::MAX))?;
        let mut lengths: Vec<(usize, usize)> =
            whole.by_length.iter().map(|group| (group.from_steps, group.to_steps)).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let mut groups = Vec::new();
        for (from, to) in lengths {
            let inside = material.cots(category, &(from..=to));
            let steps: Vec<Graded> = inside.iter().filter_map(|cot| graded(cot.rewards(PROCESS), cot)).collect();
            // An outcome reward model has one value, that of the last step.
            let last = |cot: &&Cot| graded(cot.rewards(OUTCOME).pop().into_iter().collect(), cot);
            let ends: Vec<Graded> = inside.iter().filter_map(last).collect();
            let (Some(process), Some(ends)) = (Compounding::of(&steps, bins), Compounding::of(&ends, bins)) else {
                continue; // CoTs without a step have no step error
            };
            let methods = overall(material.evaluate(category, &(from..=to))?.calibration);
            let right = inside.iter().filter(|cot| cot.right).count();
            let (cots, accuracy) = (inside.len(), 100.0 * right as f64 / inside.len() as f64);
            groups.push(Group { from, to, cots, accuracy, methods, process, outcome_error: ends.step_error });
        }
        let name = category.map_or(OVERALL, Category::as_str).to_owned();
        Ok(Self { name, all: overall(whole.calibration), groups })
    }
}

impl Group {
    /// The range of steps.
    pub fn steps(&self) -> String {
        if self.from == self.to { self.from.to_string() } else { format!("{}–{}", self.from, self.to) }
    }
}

fn graded(rewards: Vec<f64>, cot: &Cot) -> Option<Graded> {
    (!rewards.is_empty()).then_some(Graded { rewards, right: cot.right })
}

fn overall(calibration: Vec<Calibration>) -> Vec<Calibration> {
    calibration.into_iter().filter(|entry| entry.category == OVERALL).collect()
}
