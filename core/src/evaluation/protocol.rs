//! The published protocol: runs of draws, and how often each column is right.

use rayon::prelude::*;

use super::Settings;
use super::draw::{Draws, LANES};
use super::matching::{MatchedQuestion, Material};
use super::selection::{Columns, Selection};
use crate::{Context, Result};

/// How often each column was right. A *cell* is a column at one N: `column * N-values + place of N`.
pub(super) struct Verdicts {
    pub(super) columns: Columns,
    /// How many values of N there are.
    pub(super) sizes: usize,
    /// How many runs each was drawn in.
    pub(super) runs: usize,
    /// Questions answered right: by category, then run, then cell.
    pub(super) by_run: Vec<Vec<u32>>,
    /// Runs in which a question was answered right: by question over all categories, then cell.
    pub(super) by_question: Vec<u32>,
}

impl Verdicts {
    pub(super) fn cells(&self) -> usize {
        self.columns.count() * self.sizes
    }

    /// A cell of a column at the N of this place.
    pub(super) fn cell(&self, column: usize, size: usize) -> usize {
        column * self.sizes + size
    }

    /// The accuracy of a cell in each run of a category: a percentage, divided first, as published.
    pub(super) fn run_accuracies(
        &self,
        category: usize,
        questions: usize,
        cell: usize,
    ) -> impl Iterator<Item = f64> + '_ {
        let right = self.by_run[category].iter().skip(cell).step_by(self.cells());
        right.map(move |right| f64::from(*right) / questions as f64 * 100.0)
    }
}

/// Draws every question in every run and counts who was right.
pub(super) fn run(context: &Context, material: &Material<'_>, settings: &Settings) -> Result<Verdicts> {
    let columns = Columns { sets: material.set_count() };
    let sizes = settings.n.len();
    let cells = columns.count() * sizes;
    let runs = settings.runs as usize;
    let progress = context.start("drawing CoTs", Some(material.questions().count() as u64));
    let mut by_run = Vec::with_capacity(material.categories.len());
    let mut by_question = vec![0; material.questions().count() * cells];
    let mut rest = by_question.as_mut_slice();
    for category in &material.categories {
        let (mine, others) = rest.split_at_mut(category.questions.len() * cells);
        rest = others;
        let zero = || vec![0_u32; runs * cells];
        let counts = mine
            .par_chunks_mut(cells)
            .zip(&category.questions)
            .try_fold(zero, |mut counts, (hits, question)| {
                context.check_cancelled()?;
                Drawing { settings, columns, question }.run(&mut counts, hits);
                progress.advance(1);
                Ok::<_, crate::Error>(counts)
            })
            .try_reduce(zero, |mut left, right| {
                left.iter_mut().zip(right).for_each(|(left, right)| *left += right);
                Ok(left)
            })?;
        by_run.push(counts);
    }
    Ok(Verdicts { columns, sizes, runs, by_run, by_question })
}

/// One question being drawn.
struct Drawing<'a> {
    settings: &'a Settings,
    columns: Columns,
    question: &'a MatchedQuestion<'a>,
}

impl Drawing<'_> {
    /// Adds to the counts by run and cell, and to the question's own by cell.
    fn run(&self, counts: &mut [u32], hits: &mut [u32]) {
        let cots = self.question.cots();
        let sizes = &self.settings.n;
        let cells = hits.len();
        let mut selection = Selection::new(self.question, self.columns);
        // An N that takes all CoTs takes them in the test set's order, the same in every run.
        let drawn = sizes.partition_point(|size| *size < cots);
        if drawn < sizes.len() {
            (0..cots).for_each(|cot| selection.add(cot));
            selection.verdicts(|column| {
                for place in drawn..sizes.len() {
                    let cell = column * sizes.len() + place;
                    hits[cell] += self.settings.runs;
                    counts.iter_mut().skip(cell).step_by(cells).for_each(|count| *count += 1);
                }
            });
        }
        if drawn == 0 {
            return;
        }
        let mut draws = Draws::new(self.settings.seed, self.question.judged.id.as_str(), cots);
        for first_run in (0..self.settings.runs).step_by(LANES) {
            let counts = &mut counts[first_run as usize * cells..];
            for (order, counts) in draws.orders(first_run).iter().zip(counts.chunks_exact_mut(cells)) {
                selection.clear();
                let mut added = 0;
                for (place, size) in sizes[..drawn].iter().enumerate() {
                    order[added..*size].iter().for_each(|cot| selection.add(*cot as usize));
                    added = *size;
                    selection.verdicts(|column| {
                        let cell = column * sizes.len() + place;
                        counts[cell] += 1;
                        hits[cell] += 1;
                    });
                }
            }
        }
    }
}
