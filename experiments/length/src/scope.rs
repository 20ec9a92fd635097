//! What is measured in one category, or in all of them.

use std::path::PathBuf;

use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::{ByLength, Calibration, OVERALL};
use touchstone_experiment::Bench;

use crate::compounding::Compounding;
use crate::graded::{Graded, graded};
use crate::recipe::Recipe;

/// A category, or all.
pub struct Scope {
    /// Its name.
    pub name: String,
    /// Accuracy and AUROC of each method, by length.
    pub by_length: Vec<ByLength>,
    /// AUROC of each method over all lengths.
    pub all_lengths: Vec<Calibration>,
    /// Errors by length: short CoTs first.
    pub groups: Vec<Group>,
}

/// CoTs of about one length.
pub struct Group {
    /// The fewest steps.
    pub from: usize,
    /// The most.
    pub to: usize,
    /// CoTs with rewards.
    pub cots: usize,
    /// The share of them that is right, in percent.
    pub accuracy: f64,
    /// Errors of the process reward model's steps.
    pub process: Compounding,
    /// The size of the log error of the outcome reward model's one value.
    pub outcome_error: f64,
}

impl Scope {
    /// Measures what the bench holds, in the evaluation's groups of lengths. `rewards` are the outcome model's and the process
    /// model's.
    pub fn measure(
        name: &str,
        bench: &Bench,
        evaluation: Evaluation,
        rewards: &[PathBuf],
        recipe: &Recipe,
    ) -> anyhow::Result<Self> {
        let read = |folder: &PathBuf| graded(bench, folder, &recipe.evaluate);
        let all = rewards.iter().map(read).collect::<touchstone::Result<Vec<_>>>()?;
        let [outcome, process] = all.as_slice() else { anyhow::bail!("two sets of rewards are compared") };
        // An outcome reward model has one value, that of the last step.
        let last = |cot: &Graded| Graded { rewards: cot.rewards[cot.rewards.len() - 1..].to_vec(), right: cot.right };
        let mut groups: Vec<Group> = Vec::new();
        for length in &evaluation.by_length {
            let (from, to) = (length.from_steps, length.to_steps);
            if groups.iter().any(|group| group.from == from) {
                continue; // another method's row of the same group
            }
            let inside = |cot: &&Graded| (from..=to).contains(&cot.rewards.len());
            let chosen: Vec<&Graded> = process.iter().filter(inside).collect();
            let ends: Vec<Graded> = outcome.iter().filter(inside).map(last).collect();
            let ends = Compounding::of(&ends.iter().collect::<Vec<_>>(), recipe.bins);
            let (Some(process), Some(ends)) = (Compounding::of(&chosen, recipe.bins), ends) else { continue };
            let (cots, accuracy) = (chosen.len(), length.accuracy);
            groups.push(Group { from, to, cots, accuracy, process, outcome_error: ends.step_error });
        }
        let all_lengths = evaluation.calibration.into_iter().filter(|entry| entry.category == OVERALL).collect();
        Ok(Self { name: name.to_owned(), by_length: evaluation.by_length, all_lengths, groups })
    }

    /// The methods, in the recipe's order.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        self.all_lengths.iter().map(|entry| entry.method.as_str())
    }

    /// The AUROC of a method in a group.
    pub fn auroc(&self, method: &str, group: &Group) -> Option<f64> {
        self.by_length.iter().find(|entry| entry.method == method && entry.from_steps == group.from)?.auroc
    }
}

impl Group {
    /// The range of steps.
    pub fn steps(&self) -> String {
        if self.from == self.to { self.from.to_string() } else { format!("{}–{}", self.from, self.to) }
    }
}
