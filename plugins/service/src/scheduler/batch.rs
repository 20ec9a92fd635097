//! Jobs that are scored together.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use touchstone::verifier::{Scope, ScoredCot};
use touchstone::{Context, Cot, CotId, Error, Question, QuestionCots, QuestionId, Result, Verifier};

use super::board::{Board, Place};
use super::job::{Job, Wanted};
use super::name;
use crate::client::Either;

/// Jobs, and the questions that they come to: each question, and each of its CoTs, once.
pub(super) struct Batch {
    units: Vec<QuestionCots>,
    board: Arc<Board>,
    rationales: Wanted,
}

/// The questions as they are put together.
#[derive(Default)]
struct Units {
    units: Vec<QuestionCots>,
    questions: HashMap<QuestionId, usize>,
    places: HashMap<(QuestionId, CotId), Place>,
}

impl Batch {
    /// What these jobs come to, for a verifier of this scope.
    pub fn new(jobs: Vec<Job>, scope: Scope) -> Self {
        let wants = jobs.iter().any(|job| job.rationales == Wanted::Yes);
        let rationales = if wants { Wanted::Yes } else { Wanted::No };
        let mut units = Units::default();
        let placed = jobs.into_iter().map(|job| {
            let places = units.add(&job.work, scope);
            (job, places)
        });
        let placed = placed.collect();
        let Units { units, places, .. } = units;
        let board = Board::new(units.iter().map(|unit| unit.cots.len()), places, placed);
        Self { units, board: Arc::new(board), rationales }
    }

    /// Scores the jobs and answers them. Gives back those that the failure of another may have kept from it: a job that fails
    /// alone is told so.
    pub fn run(self, verifier: &dyn Verifier, context: &Context) -> Vec<Job> {
        let outcome = self.score(verifier, context);
        let mut left = self.board.unanswered();
        left.retain(|job| !job.client.is_cancelled());
        match outcome {
            Ok(()) => left.into_iter().for_each(unscored),
            Err(error) if error.is_cancelled() => left.into_iter().for_each(|job| (job.reply)(Err(Error::Cancelled))),
            Err(error) => {
                if left.len() == 1
                    && let Some(alone) = left.pop()
                {
                    (alone.reply)(Err(without_name(error)));
                }
                return left;
            }
        }
        Vec::new()
    }

    fn score(&self, verifier: &dyn Verifier, context: &Context) -> Result<()> {
        let stops = Either(Arc::clone(&self.board), context.clone());
        let mut context = context.clone().with_cancellation(stops).with_token_meter(Arc::clone(&self.board));
        if self.rationales == Wanted::Yes {
            context = context.with_rationales(Arc::clone(&self.board));
        }
        let done = |cot: ScoredCot<'_>, rewards| self.board.done(cot, rewards);
        let scored = catch_unwind(AssertUnwindSafe(|| verifier.score_all(&context, &self.units, &done)));
        scored.unwrap_or_else(|payload| Err(Error::panicked(payload)))
    }
}

impl Units {
    /// Adds what is not there yet; gives the places of the CoTs, in their order.
    fn add(&mut self, work: &QuestionCots, scope: Scope) -> Vec<Place> {
        let id = match scope {
            Scope::Cot => name::of_question(&work.question),
            Scope::Question => name::of_all(work),
        };
        let unit = *self.questions.entry(id.clone()).or_insert_with(|| {
            let question = Question { id: id.clone(), ..work.question.clone() };
            self.units.push(QuestionCots { question, cots: Vec::new() });
            self.units.len() - 1
        });
        let cots = &mut self.units[unit].cots;
        let named = |(number, cot): (usize, &Cot)| match scope {
            Scope::Cot => name::of_cot(cot),
            // Scored together, the same CoT twice counts twice.
            Scope::Question => CotId(number as i64),
        };
        let mut place = |(number, cot): (usize, &Cot)| {
            let named = named((number, cot));
            *self.places.entry((id.clone(), named)).or_insert_with(|| {
                cots.push(Cot { id: named, ..cot.clone() });
                Place { unit, cot: cots.len() - 1 }
            })
        };
        work.cots.iter().enumerate().map(&mut place).collect()
    }
}

/// The verifier came to its end without this job's rewards.
fn unscored(job: Job) {
    let message = "it gave no rewards to a CoT: report this to its author";
    (job.reply)(Err(Error::plugin("verifier", message)));
}

/// The error without the question's name in the batch, which says nothing to the client.
fn without_name(error: Error) -> Error {
    match error {
        Error::At { place, source } if place.starts_with("question ") => *source,
        error => error,
    }
}
