//! Verifiers behind a table.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use touchstone::verifier::{Scope, ScoredCot, score_each};
use touchstone::{Context, Cot, Error, Question, QuestionCots, Result, Rewards, Verifier};

use super::Taken;
use crate::Fault;
use crate::give::lend;
use crate::table::{self, RewardSink, Text};
use crate::text::slice;

pub(crate) struct TakenVerifier {
    taken: Taken,
    scope: Scope,
}

impl TakenVerifier {
    /// Asks the verifier for its scope, once.
    pub fn new(taken: Taken) -> Result<Self> {
        let mut scope = table::SCOPE_COT;
        if taken.plugin().scope.is_some() {
            taken.call("scope", taken.plugin().scope, None, |function, instance, _| {
                // SAFETY: the instance is the plugin's own.
                scope = unsafe { function(instance) };
                table::DONE
            })?;
        }
        let scope = match scope {
            table::SCOPE_COT => Scope::Cot,
            table::SCOPE_QUESTION => Scope::Question,
            other => return Err(taken.error("scope", &Fault::Scope(other))),
        };
        Ok(Self { taken, scope })
    }

    /// Calls `function` with this work, as JSON, and hands on what it gives.
    fn score<W: Serialize>(
        &self,
        call: &str,
        function: Option<ScoreFunction>,
        context: &Context,
        work: &W,
        received: &Received<'_>,
    ) -> Result<()> {
        let work = serde_json::to_string(work).map_err(|error| {
            self.taken.error(call, &Fault::Failed(format!("the question cannot be written as JSON: {error}")))
        })?;
        let lent = lend(context);
        let sink = RewardSink { sink: std::ptr::from_ref(received).cast_mut().cast(), put: Some(receive) };
        let called = self.taken.call(call, function, Some(context), |function, instance, failure| {
            // SAFETY: context, work and sinks outlive the call.
            unsafe { function(instance, lent.table(), Text::of(&work), &sink, failure) }
        });
        // A rule that was broken explains a failure, too.
        let places = received.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fault) = &places.fault {
            return Err(self.taken.error(call, fault));
        }
        called?;
        let missing = received.work.iter().zip(&places.seen).find_map(|(unit, seen)| {
            let cot = unit.cots.iter().zip(seen).find(|(_, seen)| !**seen)?.0;
            Some(Fault::Unscored { question: unit.question.id.clone(), cot: cot.id })
        });
        missing.map_or(Ok(()), |fault| Err(self.taken.error(call, &fault)))
    }
}

type ScoreFunction =
    unsafe extern "C" fn(*mut c_void, *const table::Context, Text, *const RewardSink, *const table::TextSink) -> i32;

impl Verifier for TakenVerifier {
    fn score(&self, context: &Context, question: &Question, cot: &Cot) -> Result<Rewards> {
        let work = QuestionCots { question: question.clone(), cots: vec![cot.clone()] };
        Ok(self.score_question(context, &work)?.pop().unwrap_or_default())
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn score_question(&self, context: &Context, work: &QuestionCots) -> Result<Vec<Rewards>> {
        let scored: Mutex<Vec<Rewards>> = Mutex::new(vec![Rewards::default(); work.cots.len()]);
        let keep = |_, cot: usize, rewards| scored.lock().unwrap_or_else(PoisonError::into_inner)[cot] = rewards;
        let received = Received::new(std::slice::from_ref(work), &keep);
        self.score("score_question", self.taken.plugin().score_question, context, work, &received).map_err(
            |error| match error {
                Error::Cancelled => error,
                fault => fault.at(format!("question {}", work.question.id)),
            },
        )?;
        drop(received);
        Ok(scored.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn score_all(
        &self,
        context: &Context,
        work: &[QuestionCots],
        done: &(dyn Fn(ScoredCot<'_>, Rewards) + Sync),
    ) -> Result<()> {
        let Some(score_all) = self.taken.plugin().score_all else {
            // Threads that take turns gain nothing, and one that is lent to other work in its turn could wait for itself.
            return if self.taken.takes_turns() {
                work.iter().try_for_each(|unit| score_each(self, context, std::slice::from_ref(unit), done))
            } else {
                score_each(self, context, work, done)
            };
        };
        let hand_on = |question: usize, cot: usize, rewards| {
            let unit = &work[question];
            done(ScoredCot { question: &unit.question.id, cot: unit.cots[cot].id }, rewards);
        };
        let received = Received::new(work, &hand_on);
        self.score("score_all", Some(score_all), context, &work, &received)
    }
}

/// What takes the rewards of a call: checks each list and hands it on.
struct Received<'a> {
    work: &'a [QuestionCots],
    /// Called with the places of question and CoT, which are there, once for each.
    done: &'a (dyn Fn(usize, usize, Rewards) + Sync),
    places: Mutex<Places>,
}

/// Which CoTs have their rewards, and the first rule that was broken.
struct Places {
    seen: Vec<Vec<bool>>,
    fault: Option<Fault>,
}

impl<'a> Received<'a> {
    fn new(work: &'a [QuestionCots], done: &'a (dyn Fn(usize, usize, Rewards) + Sync)) -> Self {
        let seen = work.iter().map(|unit| vec![false; unit.cots.len()]).collect();
        Self { work, done, places: Mutex::new(Places { seen, fault: None }) }
    }

    /// Takes the rewards of a CoT, or the length of a list that cannot be.
    fn take(&self, question: usize, cot: usize, rewards: Result<&[f64], usize>) {
        if let Err(fault) = self.check(question, cot, rewards).and_then(|rewards| {
            // A panic must not run into the plugin's code.
            catch_unwind(AssertUnwindSafe(|| (self.done)(question, cot, rewards))).map_err(|_| Fault::Receiver)
        }) {
            self.places.lock().unwrap_or_else(PoisonError::into_inner).fault.get_or_insert(fault);
        }
    }

    fn check(&self, question: usize, cot: usize, rewards: Result<&[f64], usize>) -> Result<Rewards, Fault> {
        let cots = self.work.get(question).map_or(0, |unit| unit.cots.len());
        let known = self.work.get(question).and_then(|unit| Some((&unit.question.id, unit.cots.get(cot)?.id)));
        let (id, cot_id) = known.ok_or(Fault::NoSuchCot { question, cot, questions: self.work.len(), cots })?;
        if std::mem::replace(&mut self.places.lock().unwrap_or_else(PoisonError::into_inner).seen[question][cot], true)
        {
            return Err(Fault::Twice { question: id.clone(), cot: cot_id });
        }
        let no_rewards = |length| Fault::NoRewards { question: id.clone(), cot: cot_id, length };
        let rewards = rewards.map_err(no_rewards)?;
        let optional = rewards.iter().map(|reward| (!reward.is_nan()).then_some(*reward)).collect();
        Rewards::new(optional).map_err(|error| Fault::Rewards {
            question: id.clone(),
            cot: cot_id,
            message: error.to_string(),
        })
    }
}

unsafe extern "C" fn receive(sink: *mut c_void, question: usize, cot: usize, rewards: *const f64, length: usize) {
    // SAFETY: the sink is the `Received` of a call that is under way, which is only read and locked; the rewards are the
    // plugin's for as long as this call lasts.
    unsafe {
        if let Some(received) = sink.cast::<Received<'_>>().as_ref() {
            received.take(question, cot, slice(rewards, length).ok_or(length));
        }
    }
}
