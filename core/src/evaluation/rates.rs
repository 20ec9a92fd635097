//! How often each method answers each question right: exactly where that can be computed, else over the runs.

use rayon::prelude::*;

use super::Settings;
use super::exact::{Subsets, Tied};
use super::matching::{MatchedQuestion, Material};
use super::protocol::Verdicts;
use super::questions::JudgedQuestion;
use super::selection::{Columns, RewardColumn};

/// Success rates, 0 to 1, by question and cell. Columns are methods here: the rate of a method with replicates is the mean
/// over them.
pub(super) struct Rates {
    pub(super) columns: Columns,
    sizes: usize,
    /// By question over all categories, then cell.
    pub(super) values: Vec<f64>,
    /// Whether a cell's rates are exact, for all questions.
    exact: Vec<bool>,
}

impl Rates {
    pub(super) fn new(material: &Material<'_>, settings: &Settings, verdicts: &Verdicts) -> Self {
        let columns = Columns { sets: material.sets.len() };
        let sizes = settings.n.len();
        let cells = columns.count() * sizes;
        let most_cots = material.questions().map(MatchedQuestion::cots).max().unwrap_or(0);
        let mut exact = vec![true; cells];
        for method in 0..material.sets.len() {
            for (place, size) in settings.n.iter().enumerate() {
                // A weighted vote depends on sums of values; no polynomial computation over all subsets is known for it. A
                // draw of one CoT or of all needs none.
                exact[columns.weighted_vote(method) * sizes + place] = *size == 1 || *size >= most_cots;
            }
        }
        let mut values = vec![0.0; material.questions().count() * cells];
        let questions: Vec<_> = material.questions().collect();
        let hits = verdicts.by_question.par_chunks(verdicts.cells());
        values.par_chunks_mut(cells).zip(hits).zip(questions).for_each(|((rates, hits), question)| {
            Question { question, material, columns, settings, verdicts, hits }.rates(rates);
        });
        Self { columns, sizes, values, exact }
    }

    pub(super) fn cells(&self) -> usize {
        self.exact.len()
    }

    pub(super) fn cell(&self, column: usize, size: usize) -> usize {
        column * self.sizes + size
    }

    pub(super) fn is_exact(&self, cell: usize) -> bool {
        self.exact[cell]
    }
}

struct Question<'a> {
    question: &'a MatchedQuestion<'a>,
    material: &'a Material<'a>,
    columns: Columns,
    settings: &'a Settings,
    verdicts: &'a Verdicts,
    hits: &'a [u32],
}

impl Question<'_> {
    fn rates(&self, rates: &mut [f64]) {
        let sizes = self.settings.n.len();
        self.sampled(rates);
        // Draws of all CoTs come out the same in every run: what was counted is exact.
        let drawn = self.settings.n.partition_point(|size| *size < self.question.cots());
        if drawn == 0 {
            return;
        }
        let judged = self.question.judged;
        let right = (0..self.question.cots()).filter(|cot| judged.is_right(*cot)).count();
        let others = other_answers(judged);
        let rankings: Vec<Vec<Vec<Tied>>> = self
            .material
            .sets
            .iter()
            .map(|sets| sets.clone().map(|set| ranking(self.question, set)).collect())
            .collect();
        for (place, size) in self.settings.n[..drawn].iter().enumerate() {
            let subsets = Subsets::new(self.question.cots(), *size);
            rates[Columns::MAJORITY_VOTE * sizes + place] = subsets.majority_vote(right, &others);
            rates[self.columns.pass_at_n() * sizes + place] = subsets.pass(right);
            for (method, replicates) in rankings.iter().enumerate() {
                let total: f64 = replicates.iter().map(|ranking| subsets.best_of_n(ranking)).sum();
                rates[self.columns.best_of_n(method) * sizes + place] = total / replicates.len() as f64;
                if *size == 1 {
                    rates[self.columns.weighted_vote(method) * sizes + place] = subsets.pass(right);
                }
            }
        }
    }

    fn sampled(&self, rates: &mut [f64]) {
        let runs = self.verdicts.runs as f64;
        for place in 0..self.settings.n.len() {
            let hits = |column| f64::from(self.hits[self.verdicts.cell(column, place)]);
            let mut set = |column: usize, value: f64| rates[column * self.settings.n.len() + place] = value;
            set(Columns::MAJORITY_VOTE, hits(Columns::MAJORITY_VOTE) / runs);
            set(self.columns.pass_at_n(), hits(self.verdicts.columns.pass_at_n()) / runs);
            for (method, sets) in self.material.sets.iter().enumerate() {
                let share = |column: RewardColumn| {
                    let total: f64 = sets.clone().map(|set| hits(column(self.verdicts.columns, set))).sum();
                    total / (runs * sets.len() as f64)
                };
                set(self.columns.best_of_n(method), share(Columns::best_of_n));
                set(self.columns.weighted_vote(method), share(Columns::weighted_vote));
            }
        }
    }
}

/// How many CoTs give each answer but the right one, ascending.
fn other_answers(judged: &JudgedQuestion) -> Vec<usize> {
    let mut counts = vec![0; judged.distinct as usize];
    judged
        .answers
        .iter()
        .filter(|answer| **answer != JudgedQuestion::NO_KEY)
        .for_each(|answer| counts[*answer as usize] += 1);
    if let Some(right) = judged.right {
        counts.swap_remove(right as usize);
    }
    counts.sort_unstable();
    counts
}

/// The CoTs by the value that a reward set gives them, the best first.
fn ranking(question: &MatchedQuestion<'_>, set: usize) -> Vec<Tied> {
    let values = question.values(set);
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|left, right| values[*right].total_cmp(&values[*left]));
    order
        .chunk_by(|left, right| values[*left] == values[*right])
        .map(|tied| Tied { cots: tied.len(), right: tied.iter().filter(|cot| question.judged.is_right(**cot)).count() })
        .collect()
}
