//! Verifiers behind the table.

use std::collections::HashMap;
use std::ffi::c_void;

use touchstone::verifier::Scope;
use touchstone::{CotId, QuestionCots, QuestionId, Result, Rewards, Verifier};

use super::{Given, close, misused, required};
use crate::table::{self, Plugin, RewardSink, Text, TextSink};

type Instance = Given<dyn Verifier>;

pub(super) const fn functions(plugin: Plugin) -> Plugin {
    Plugin {
        close: Some(close::<dyn Verifier>),
        scope: Some(scope),
        score_question: Some(score_question),
        score_all: Some(score_all),
        ..plugin
    }
}

unsafe extern "C" fn scope(instance: *mut c_void) -> u32 {
    // None of the scopes: if the plugin panics, the other side has this to refuse.
    let mut found = u32::MAX;
    // SAFETY: by the contract of the table the instance is valid.
    unsafe {
        Instance::call(instance, std::ptr::null(), |given| {
            found = match given.plugin.scope() {
                Scope::Cot => table::SCOPE_COT,
                Scope::Question => table::SCOPE_QUESTION,
            };
            Ok(())
        });
    }
    found
}

unsafe extern "C" fn score_question(
    instance: *mut c_void,
    context: *const table::Context,
    work: Text,
    rewards: *const RewardSink,
    failure: *const TextSink,
) -> i32 {
    // SAFETY: by the contract of the table everything is valid for the call.
    unsafe {
        Instance::call(instance, failure, |given| {
            let context = given.context(context);
            let work: QuestionCots = read(work)?;
            let sink = Sink(rewards.as_ref());
            for (cot, rewards) in given.plugin.score_question(&context, &work)?.iter().enumerate() {
                sink.put(0, cot, rewards);
            }
            Ok(())
        })
    }
}

unsafe extern "C" fn score_all(
    instance: *mut c_void,
    context: *const table::Context,
    work: Text,
    rewards: *const RewardSink,
    failure: *const TextSink,
) -> i32 {
    // SAFETY: by the contract of the table everything is valid for the call.
    unsafe {
        Instance::call(instance, failure, |given| {
            let context = given.context(context);
            let work: Vec<QuestionCots> = read(work)?;
            let sink = Sink(rewards.as_ref());
            let mut places: HashMap<(&QuestionId, CotId), (usize, usize)> = HashMap::new();
            for (question, unit) in work.iter().enumerate() {
                places.extend(
                    unit.cots.iter().enumerate().map(|(cot, of)| ((&unit.question.id, of.id), (question, cot))),
                );
            }
            given.plugin.score_all(&context, &work, &|cot, rewards| {
                // What is not there shows as a CoT without rewards on the other side.
                if let Some((question, cot)) = places.get(&(cot.question, cot.cot)) {
                    sink.put(*question, *cot, &rewards);
                }
            })
        })
    }
}

/// # Safety
/// As [`Text::read`].
unsafe fn read<T: serde::de::DeserializeOwned>(work: Text) -> Result<T> {
    // SAFETY: the caller vouches for it.
    let text = unsafe { required(work, "work") }?;
    serde_json::from_str(text).map_err(|error| misused(format!("the work is not of its form: {error}")))
}

/// Where rewards go, for as long as the call lasts.
struct Sink<'a>(Option<&'a RewardSink>);

// SAFETY: the contract lets a sink of rewards be used from any thread.
unsafe impl Sync for Sink<'_> {}

impl Sink<'_> {
    fn put(&self, question: usize, cot: usize, rewards: &Rewards) {
        let numbers: Vec<f64> = rewards.iter().map(|reward| reward.unwrap_or(f64::NAN)).collect();
        if let Some(RewardSink { sink, put: Some(put) }) = self.0 {
            // SAFETY: the sink is valid for the call that this value belongs to; the numbers outlive `put`.
            unsafe { put(*sink, question, cot, numbers.as_ptr(), numbers.len()) }
        }
    }
}
