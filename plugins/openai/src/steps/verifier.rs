//! The verifier: many CoTs at a time, each handed over as soon as it is done.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use touchstone::verifier::ScoredCot;
use touchstone::{Context, Cot, Question, QuestionCots, Rewards, Verifier};

use super::reader::{Reader, Segments};
use super::settings::RemoteSteps;
use crate::client::Watch;
use crate::error::Result;
use crate::queue::Queue;

/// An open verifier.
pub(super) struct StepReader {
    verifier: &'static str,
    reader: Reader,
    concurrency: usize,
}

/// Which CoT of which question, by their places.
#[derive(Clone, Copy)]
struct Place {
    question: usize,
    cot: usize,
}

/// A question in work.
struct Unit<'a> {
    work: &'a QuestionCots,
    segments: Segments,
    /// How many CoTs are not done.
    left: AtomicUsize,
}

impl StepReader {
    /// The server that the settings name. No request is made yet.
    pub fn new(verifier: &'static str, settings: &RemoteSteps) -> Result<Self> {
        let concurrency = settings.connection.concurrency.get();
        Ok(Self { verifier, reader: Reader::new(settings)?, concurrency })
    }

    /// Scores these questions and hands over each CoT's rewards as soon as they are there.
    fn run(
        &self,
        context: &Context,
        work: &[QuestionCots],
        done: &(dyn Fn(Place, Rewards) + Sync),
    ) -> touchstone::Result<()> {
        context.check_cancelled()?;
        let unit = |work| Unit { work, segments: Segments::default(), left: AtomicUsize::new(work.cots.len()) };
        let units: Vec<Unit<'_>> = work.iter().map(unit).collect();
        let of_question = |(question, unit): (usize, &Unit<'_>)| {
            (0..unit.work.cots.len()).map(|cot| Place { question, cot }).collect::<Vec<_>>()
        };
        let places: Vec<Place> = units.iter().enumerate().flat_map(of_question).collect();
        let threads = self.concurrency.min(places.len());
        let queue = Queue::new(places);
        let watch = Watch { context, abandoned: &queue.abandoned, deadline: self.reader.deadline() };
        queue.run_on(threads, |place: Place| {
            let Unit { work, segments, left } = &units[place.question];
            let cot = &work.cots[place.cot];
            let rewards = self.reader.read(&watch, segments, &work.question, cot);
            let rewards =
                rewards.map_err(|error| error.at(format!("CoT {} of question {}", cot.id, work.question.id)))?;
            if left.fetch_sub(1, Ordering::Relaxed) == 1 {
                segments.clear();
            }
            done(place, rewards);
            Ok(Vec::new())
        });
        queue.result().map_err(|error| error.of_plugin(self.verifier))
    }
}

impl Verifier for StepReader {
    fn score(&self, context: &Context, question: &Question, cot: &Cot) -> touchstone::Result<Rewards> {
        let lone = QuestionCots { question: question.clone(), cots: vec![cot.clone()] };
        Ok(self.score_question(context, &lone)?.pop().unwrap_or_default())
    }

    fn score_question(&self, context: &Context, work: &QuestionCots) -> touchstone::Result<Vec<Rewards>> {
        let rewards = Mutex::new(vec![Rewards::default(); work.cots.len()]);
        self.run(context, std::slice::from_ref(work), &|place, given| {
            rewards.lock().unwrap_or_else(PoisonError::into_inner)[place.cot] = given;
        })?;
        Ok(rewards.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn score_all(
        &self,
        context: &Context,
        work: &[QuestionCots],
        done: &(dyn Fn(ScoredCot<'_>, Rewards) + Sync),
    ) -> touchstone::Result<()> {
        self.run(context, work, &|place, rewards| {
            let unit = &work[place.question];
            done(ScoredCot { question: &unit.question.id, cot: unit.cots[place.cot].id }, rewards);
        })
    }
}
