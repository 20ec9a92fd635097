//! What is measured in one category, or in all of them.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use touchstone::Category;
use touchstone::evaluation::document::{Calibration, OVERALL};

use crate::compounding::{Compounding, Graded};
use crate::material::{Cot, Material};
use crate::recipe::Recipe;

/// A category, or all.
pub struct Scope {
    /// Its name.
    pub name: String,
    /// Every method on CoTs of all lengths.
    pub all: Vec<Calibration>,
    /// The same by length, in the evaluation's own groups: short CoTs first.
    pub groups: Vec<Group>,
    /// Errors of step rewards, in the recipe's groups.
    pub errors: Vec<Errors>,
}

/// CoTs of about one length.
pub struct Group {
    /// Their numbers of steps.
    pub lengths: RangeInclusive<usize>,
    /// CoTs in the group.
    pub cots: usize,
    /// Their mean number of steps.
    pub steps: f64,
    /// The percentage of them that is right.
    pub accuracy: f64,
    /// Every method on these CoTs alone.
    pub methods: Vec<Calibration>,
}

/// Errors in CoTs of about one length.
pub struct Errors {
    /// Their numbers of steps.
    pub lengths: RangeInclusive<usize>,
    /// How many CoTs there are.
    pub cots: usize,
    /// Errors of the process reward model's steps.
    pub process: Compounding,
    /// The size of the log error of the outcome reward model's one value.
    pub outcome: f64,
}

/// The places of the models among those of the material.
const OUTCOME: usize = 0;
const PROCESS: usize = 1;

impl Scope {
    /// Measures a category, or all of them.
    pub fn measure(material: &Material<'_>, category: Option<&Category>, recipe: &Recipe) -> touchstone::Result<Self> {
        let whole = material.evaluate(category, &(0..=usize::MAX))?;
        let lengths = whole.by_length.iter().map(|group| (group.from_steps, group.to_steps));
        // Every method names the same groups.
        let lengths: BTreeSet<(usize, usize)> = lengths.collect();
        let groups = lengths.into_iter().map(|(from, to)| Group::measure(material, category, from..=to));
        let ends = recipe.lengths.iter().skip(1).map(|next| next - 1).chain([usize::MAX]);
        let lengths = recipe.lengths.iter().zip(ends).map(|(from, to)| *from..=to);
        Ok(Self {
            name: category.map_or(OVERALL, Category::as_str).to_owned(),
            all: overall(whole.calibration),
            groups: groups.collect::<touchstone::Result<_>>()?,
            errors: lengths.filter_map(|lengths| Errors::measure(material, category, lengths, recipe)).collect(),
        })
    }
}

impl Group {
    fn measure(
        material: &Material<'_>,
        category: Option<&Category>,
        lengths: RangeInclusive<usize>,
    ) -> touchstone::Result<Self> {
        let inside = material.cots(category, &lengths);
        let cots = inside.len();
        let mean = |of: &dyn Fn(&Cot) -> f64| inside.iter().map(|cot| of(cot)).sum::<f64>() / cots as f64;
        Ok(Self {
            cots,
            steps: mean(&|cot| cot.steps as f64),
            accuracy: mean(&|cot| if cot.right { 100.0 } else { 0.0 }),
            methods: overall(material.evaluate(category, &lengths)?.calibration),
            lengths,
        })
    }
}

impl Errors {
    fn measure(
        material: &Material<'_>,
        category: Option<&Category>,
        lengths: RangeInclusive<usize>,
        recipe: &Recipe,
    ) -> Option<Self> {
        let inside = material.cots(category, &lengths);
        let steps: Vec<Graded> = inside.iter().filter_map(|cot| graded(cot.rewards(PROCESS), cot)).collect();
        // An outcome reward model has one value, that of the last step.
        let last = |cot: &&Cot| graded(cot.rewards(OUTCOME).pop().into_iter().collect(), cot);
        let ends: Vec<Graded> = inside.iter().filter_map(last).collect();
        if steps.len() < recipe.fewest {
            return None;
        }
        let longest = inside.iter().map(|cot| cot.steps).max()?;
        Some(Self {
            lengths: *lengths.start()..=longest,
            cots: steps.len(),
            process: Compounding::of(&steps, recipe.bins)?,
            outcome: Compounding::of(&ends, recipe.bins)?.step_error,
        })
    }
}

/// A range of steps, as a table names it.
pub fn named(lengths: &RangeInclusive<usize>) -> String {
    let (from, to) = (lengths.start(), lengths.end());
    if from == to { from.to_string() } else { format!("{from}–{to}") }
}

fn graded(rewards: Vec<f64>, cot: &Cot) -> Option<Graded> {
    (!rewards.is_empty()).then_some(Graded { rewards, right: cot.right })
}

fn overall(calibration: Vec<Calibration>) -> Vec<Calibration> {
    calibration.into_iter().filter(|entry| entry.category == OVERALL).collect()
}
