//! The laws of generators.

mod completions;
#[cfg(test)]
mod tests;
mod work;

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::calls::{Calls, Given, examine, into_inner, locked, median_time, timed};
use super::report::{Trial, difference};
use super::{Finding, Report};
use crate::generator::{Completion, Sample};
use crate::{Context, Generator, Result};
use work::Call;

/// Holds an open generator to its laws. Its requests name the sampler `greedy` where the context's registry has it, else the
/// first one there is.
///
/// A local generator gives the same completions every time and whatever the batch; a remote one does so as far as its server
/// does. The check cannot tell the one from the other, so completions that differ are noted and do not break the law: the
/// tests of a local generator demand [`Outcome::Held`](super::Outcome) of every finding. A generator that tells no tokens, or
/// ends no completion at a stop text, gets a note for each law that could not be tried.
pub fn check(plugin: &dyn Generator, context: &Context) -> Report {
    let calls = Calls::new();
    let one_prompt = work::one_prompt(context);
    let first = calls.make("generate for one prompt", || generate(plugin, context, &one_prompt)).unwrap_or_default();
    let written = first.values().flatten().map(|completion| &*completion.text).next().unwrap_or_default();
    let cases = work::cases(context, written);
    let examined = examine(&calls, &cases, |call| generate(plugin, context, call));
    let mut once = Trial::of("each prompt gets as many completions as were asked for, each once");
    for Given { case, result } in &examined.given {
        once.judge(not_once(&case.input, result).map(|fault| format!("{} {fault}", case.told)));
    }
    let completions = completions::judge(&examined.given);
    let batch = batch_means_nothing(plugin, context, &calls, &examined.given);
    let cancelled = cancelled_call_stops(plugin, context, &calls, &one_prompt);
    let long = super::texts::megabyte_on_one_line();
    calls.attempt("generate for a prompt of a megabyte", || {
        generate(plugin, context, &work::long_prompt(context, &long))
    });
    let time_per_call = median_time(|| timed(1, || generate(plugin, context, &one_prompt)));
    let [errors, panics] = calls.findings();
    let same = [examined.repeats, examined.threads, batch]
        .map(|finding| finding.excused("a remote generator may do so, a local one may not"));
    let findings = [errors, panics, once.finish()].into_iter().chain(completions).chain(same).chain([cancelled]);
    Report { findings: findings.collect(), time_per_call }
}

/// Everything that one call handed over.
type Handed = BTreeMap<Sample, Vec<Completion>>;

fn generate(plugin: &dyn Generator, context: &Context, call: &Call) -> Result<Handed> {
    let handed = Mutex::new(Handed::new());
    plugin.generate(context, &call.prompts, &call.request, &|sample, completion| {
        locked(&handed).entry(sample).or_default().push(completion);
    })?;
    Ok(into_inner(handed))
}

/// The first completion that was handed over never, more than once, or without having been asked for.
fn not_once(call: &Call, handed: &Handed) -> Option<String> {
    let mut unasked = handed.clone();
    for prompt in 0..call.prompts.len() {
        for sample in 0..call.request.samples {
            match unasked.remove(&Sample { prompt, sample }).map_or(0, |completions| completions.len()) {
                1 => {}
                times => return Some(format!("handed over sample {sample} of prompt {prompt} {times} times")),
            }
        }
    }
    let Sample { prompt, sample } = unasked.keys().next()?;
    Some(format!("handed over sample {sample} of prompt {prompt}, which nobody asked for"))
}

/// A prompt on its own is completed as it is among others.
fn batch_means_nothing(
    plugin: &dyn Generator,
    context: &Context,
    calls: &Calls,
    given: &[Given<'_, Call, Handed>],
) -> Finding {
    let mut trial = Trial::of("a prompt gets the same completions alone as among others");
    for Given { case, result } in given.iter().filter(|given| given.case.input.prompts.len() > 1) {
        for (prompt, text) in case.input.prompts.iter().enumerate() {
            let call = Call { prompts: vec![text.clone()], request: case.input.request.clone() };
            let told = format!("generate for {:?} alone", text.text);
            let Some(alone) = calls.make(&told, || generate(plugin, context, &call)) else { continue };
            for sample in 0..call.request.samples {
                let alone = alone.get(&Sample { prompt: 0, sample });
                let among = result.get(&Sample { prompt, sample });
                if let (Some(alone), Some(among)) = (alone, among) {
                    trial.judge(difference(alone, among, |[alone, among]| {
                        format!("{told} gave {alone}, but {among} among others")
                    }));
                }
            }
        }
    }
    trial.finish()
}

/// A call that is cancelled before it begins ends as cancelled, or it finishes.
fn cancelled_call_stops(plugin: &dyn Generator, context: &Context, calls: &Calls, call: &Call) -> Finding {
    let mut trial = Trial::of("a cancelled call ends as cancelled or finishes");
    let context = context.uncoupled();
    context.cancel();
    let told = "a cancelled generate";
    if let Some(outcome) = calls.attempt(told, || generate(plugin, &context, call)) {
        trial.judge(match outcome {
            Ok(handed) => not_once(call, &handed).map(|fault| format!("{told} gave no error and {fault}")),
            Err(error) => (!error.is_cancelled()).then(|| format!("{told} gave the error: {error}")),
        });
    }
    trial.finish()
}
