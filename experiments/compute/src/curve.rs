//! What a strategy reaches, and what it spends on it.

use std::num::NonZeroUsize;

use touchstone::generator::Prompt;
use touchstone::{Aggregator, AnswerEquivalence, Context};
use touchstone_search::{Solver, StrategySettings, Writing};

use crate::questions::RecordedQuestion;
use crate::recorded::Replay;

/// One strategy at one number of samples, over all questions and draws.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The most solutions that it may ask for.
    pub samples: NonZeroUsize,
    /// Solutions that it asked for, a question.
    pub solutions: f64,
    /// Tokens that were generated, a question.
    pub generated: f64,
    /// Tokens that a reward model read, a question.
    pub read: f64,
    /// Right answers, in per cent.
    pub accuracy: f64,
    /// Half the width of its 95 % interval over questions, in percentage points.
    pub half_width: f64,
}

/// What all points share.
pub struct Setting<'a> {
    /// Plugins, and whether to stop.
    pub context: &'a Context,
    /// The questions.
    pub questions: &'a [RecordedQuestion],
    /// When two answers are the same.
    pub answers: &'a dyn AnswerEquivalence,
    /// In how many orders CoTs are handed out.
    pub draws: u64,
    /// Where the orders begin.
    pub seed: u64,
}

/// The normal distribution's 97.5 % quantile.
const QUANTILE: f64 = 1.959_964;

impl Setting<'_> {
    /// Solves every question in every order. `model` is the place of the reward model that the strategy goes by.
    ///
    /// # Errors
    /// What the strategy says.
    pub fn point(
        &self,
        strategy: &StrategySettings,
        samples: NonZeroUsize,
        model: Option<usize>,
        aggregator: &dyn Aggregator,
    ) -> touchstone_search::Result<Point> {
        let writing = Writing { max_tokens: NonZeroUsize::MAX, ..Writing::default() };
        let prompt = Prompt { text: String::new() };
        let [mut solutions, mut generated, mut read] = [0_u64; 3];
        let mut right = Vec::with_capacity(self.questions.len());
        for (place, question) in self.questions.iter().enumerate() {
            let mut of_question = 0_u64;
            for draw in 0..self.draws {
                // Every strategy meets the same orders.
                let seed = self.seed + draw * self.questions.len() as u64 + place as u64;
                let replay = Replay::new(&question.cots, model, question.tokens, seed);
                let solver = Solver {
                    context: self.context,
                    generator: &replay,
                    verifier: model.map(|_| &replay as _),
                    aggregator,
                    splitter: &replay,
                    extractor: &replay,
                    answers: self.answers,
                    writing: &writing,
                };
                let solution = strategy.solve(&solver, &question.question, &prompt)?;
                solutions += solution.candidates.len() as u64;
                generated += solution.spent.generated_tokens;
                read += replay.read();
                of_question += u64::from(solution.choice.key.is_some() && solution.choice.key == question.gold);
            }
            right.push(of_question as f64 / self.draws as f64);
        }
        let count = right.len() as f64;
        let mean = right.iter().sum::<f64>() / count;
        let variance = right.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
        let a_question = |total: u64| total as f64 / (count * self.draws as f64);
        Ok(Point {
            samples,
            solutions: a_question(solutions),
            generated: a_question(generated),
            read: a_question(read),
            accuracy: 100.0 * mean,
            half_width: 100.0 * QUANTILE * (variance / count).sqrt(),
        })
    }
}
