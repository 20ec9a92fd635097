//! A verifier whose work goes through the queue, so that solvers share batches with each other and with requests for rewards.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use touchstone::verifier::Scope;
use touchstone::{Context, Cot, Error, Question, QuestionCots, Result, Rewards, Verifier};

use crate::scheduler::{Job, Scheduler, Wanted};

/// How often a wait looks whether it is to end.
const TICK: Duration = Duration::from_millis(20);

/// The verifier of a scheduler.
pub(super) struct Queued<'a> {
    scheduler: &'a Scheduler,
}

impl<'a> Queued<'a> {
    pub fn new(scheduler: &'a Scheduler) -> Self {
        Self { scheduler }
    }
}

impl Verifier for Queued<'_> {
    fn score(&self, context: &Context, question: &Question, cot: &Cot) -> Result<Rewards> {
        let lone = QuestionCots { question: question.clone(), cots: vec![cot.clone()] };
        Ok(self.score_question(context, &lone)?.pop().unwrap_or_default())
    }

    fn scope(&self) -> Scope {
        self.scheduler.scope()
    }

    fn score_question(&self, context: &Context, work: &QuestionCots) -> Result<Vec<Rewards>> {
        if work.cots.is_empty() {
            return Ok(Vec::new());
        }
        let (sender, receiver) = sync_channel(1);
        self.scheduler.submit(Job {
            work: work.clone(),
            client: Arc::new(context.clone()),
            rationales: Wanted::No,
            // Where nobody waits any more, the result is for nobody.
            reply: Box::new(move |scored| drop(sender.send(scored))),
        });
        loop {
            match receiver.recv_timeout(TICK) {
                Ok(scored) => return Ok(scored?.into_iter().map(|scored| scored.rewards).collect()),
                Err(RecvTimeoutError::Timeout) => context.check_cancelled()?,
                Err(RecvTimeoutError::Disconnected) => return Err(Error::Cancelled),
            }
        }
    }
}
