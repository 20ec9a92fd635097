//! The laws of verifiers.

#[cfg(test)]
mod tests;
mod work;

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::calls::{Calls, Given, Size, examine, into_inner, locked, median_time, timed};
use super::report::{Trial, difference};
use super::{Finding, Outcome, Report};
use crate::verifier::Scope;
use crate::{Context, Cot, CotId, Question, QuestionCots, QuestionId, Result, Rewards, Verifier};

/// Holds an open verifier to its laws.
///
/// That every reward is a probability or missing needs no check: [`Rewards`] holds nothing else. Where the same question
/// gets other rewards the second time, the laws that compare calls are noted and not judged.
pub fn check(plugin: &dyn Verifier, context: &Context) -> Report {
    let calls = Calls::new();
    let cases = work::cases();
    let examined = examine(&calls, &cases, |work| plugin.score_question(context, work));
    let mut lists = Trial::of("score_question gives one list of rewards for each CoT");
    for Given { case, result } in &examined.given {
        let (lists_given, cots) = (result.len(), case.input.cots.len());
        let fault = || format!("{} gave {lists_given} lists for {cots} CoTs", case.told);
        lists.judge((lists_given != cots).then(fault));
    }
    // What the other ways to score are compared with.
    let expected: Vec<_> =
        examined.given.iter().filter(|given| given.result.len() == given.case.input.cots.len()).collect();
    let methods = Methods { plugin, context, calls: &calls };
    let alone = methods.score_agrees(&expected);
    let work: Vec<QuestionCots> = cases.iter().map(|case| case.input.clone()).collect();
    let all = methods.score_all("score_all of all questions", &work);
    let once = methods.handed_once(&work, all.as_ref());
    let together = score_all_agrees(&expected, all.as_ref());
    let order = methods.order_means_nothing(&expected, all.as_ref());
    let cancelled = methods.cancelled_job_stops(&work);
    let typical = work::sixteen_cots();
    let time_per_call = median_time(|| timed(1, || plugin.score_question(context, &typical)));
    let comparable = |finding: Finding| match examined.repeats.outcome {
        Outcome::Broken(_) => finding.excused("not judged, as the same call gives different rewards"),
        _ => finding,
    };
    let compared = [alone, together, order, examined.threads.clone()].map(comparable);
    let [errors, panics] = calls.findings();
    let findings = [errors, panics, lists.finish(), examined.repeats.clone()].into_iter().chain(compared);
    Report { findings: findings.chain([once, cancelled]).collect(), time_per_call }
}

/// The rewards of a question's CoTs.
type Scored<'c> = Given<'c, QuestionCots, Vec<Rewards>>;
/// Everything that a call of `score_all` handed over.
type Handed = BTreeMap<Key, Vec<Rewards>>;

/// Which CoT of a job.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    question: QuestionId,
    cot: CotId,
}

impl Key {
    fn of(question: &Question, cot: &Cot) -> Self {
        Self { question: question.id.clone(), cot: cot.id }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "CoT {} of question {:?}", self.cot, self.question.as_str())
    }
}

/// The methods of a verifier, to be held against one another.
struct Methods<'a> {
    plugin: &'a dyn Verifier,
    context: &'a Context,
    calls: &'a Calls,
}

impl Methods<'_> {
    /// Within its scope, `score` is `score_question`.
    fn score_agrees(&self, expected: &[&Scored<'_>]) -> Finding {
        let mut trial = Trial::of("score agrees with score_question");
        for Given { case, result } in expected.iter().filter(|given| given.case.size == Size::Ordinary) {
            let question = &case.input.question;
            for (cot, among_all) in case.input.cots.iter().zip(result) {
                let key = Key::of(question, cot);
                let score =
                    self.calls.make(&format!("score of {key}"), || self.plugin.score(self.context, question, cot));
                let lone = || QuestionCots { question: question.clone(), cots: vec![cot.clone()] };
                let (other, rewards) = match self.plugin.scope() {
                    Scope::Cot => ("among all CoTs", Some(vec![among_all.clone()])),
                    Scope::Question => ("of it alone", self.score_question(&key, &lone())),
                };
                if let (Some(score), Some(rewards)) = (score, rewards) {
                    let fault = || format!("{key} got {score:?} from score, {rewards:?} from score_question {other}");
                    trial.judge((rewards != [score.clone()]).then(fault));
                }
            }
        }
        trial.finish()
    }

    fn score_question(&self, key: &Key, work: &QuestionCots) -> Option<Vec<Rewards>> {
        let told = format!("score_question of {key} alone");
        self.calls.make(&told, || self.plugin.score_question(self.context, work))
    }

    fn score_all(&self, told: &str, work: &[QuestionCots]) -> Option<Handed> {
        self.calls.make(told, || score_all(self.plugin, self.context, work))
    }

    fn handed_once(&self, work: &[QuestionCots], all: Option<&Handed>) -> Finding {
        let mut trial = Trial::of("score_all gives each CoT its rewards once");
        let judge = |fault: Option<String>| trial.judge(fault.map(|fault| format!("score_all {fault}")));
        let none = self.score_all("score_all of no questions", &[]);
        [none.map(|handed| not_once(&[], &handed)), all.map(|handed| not_once(work, handed))]
            .into_iter()
            .flatten()
            .for_each(judge);
        trial.finish()
    }

    /// Rewards are the same when the CoTs of each question come the other way round, and the questions do.
    fn order_means_nothing(&self, expected: &[&Scored<'_>], all: Option<&Handed>) -> Finding {
        let mut trial = Trial::of("the order of CoTs and questions changes no rewards");
        let mut judge = |method: &str, key: &Key, rewards: Option<&Rewards>, backwards: Option<&Rewards>| {
            if let (Some(rewards), Some(backwards)) = (rewards, backwards) {
                trial.judge(difference(rewards, backwards, |[rewards, backwards]| {
                    format!("{key} got {rewards} from {method}, but {backwards} in the reverse order")
                }));
            }
        };
        let reversed = |given: &&Scored<'_>| {
            let mut work = given.case.input.clone();
            work.cots.reverse();
            work
        };
        let work: Vec<QuestionCots> = expected.iter().rev().map(reversed).collect();
        let all_backwards = self.score_all("score_all in the reverse order", &work);
        for (Given { case, result }, work) in expected.iter().rev().zip(&work) {
            let told = format!("{} in the reverse order", case.told);
            let backwards = self.calls.make(&told, || self.plugin.score_question(self.context, work));
            for (place, (cot, rewards)) in work.cots.iter().zip(result.iter().rev()).enumerate() {
                let key = Key::of(&work.question, cot);
                judge("score_question", &key, Some(rewards), backwards.as_ref().and_then(|lists| lists.get(place)));
                judge("score_all", &key, first(all, &key), first(all_backwards.as_ref(), &key));
            }
        }
        trial.finish()
    }

    /// A job that is cancelled before it begins ends as cancelled, or it finishes.
    fn cancelled_job_stops(&self, work: &[QuestionCots]) -> Finding {
        let mut trial = Trial::of("a cancelled score_all ends as cancelled or finishes");
        let context = self.context.uncoupled();
        context.cancel();
        let told = "a cancelled score_all";
        if let Some(outcome) = self.calls.attempt(told, || score_all(self.plugin, &context, work)) {
            trial.judge(match outcome {
                Ok(handed) => not_once(work, &handed).map(|fault| format!("{told} gave no error and {fault}")),
                Err(error) => (!error.is_cancelled()).then(|| format!("{told} gave the error: {error}")),
            });
        }
        trial.finish()
    }
}

fn score_all_agrees(expected: &[&Scored<'_>], all: Option<&Handed>) -> Finding {
    let mut trial = Trial::of("score_all agrees with score_question");
    for Given { case, result } in expected {
        for (cot, rewards) in case.input.cots.iter().zip(result) {
            let key = Key::of(&case.input.question, cot);
            if let Some(all) = first(all, &key) {
                trial.judge(difference(all, rewards, |[all, rewards]| {
                    format!("{key} got {all} from score_all, {rewards} from score_question")
                }));
            }
        }
    }
    trial.finish()
}

/// The rewards that a CoT was handed over with, the first ones where that was more than once.
fn first<'h>(handed: Option<&'h Handed>, key: &Key) -> Option<&'h Rewards> {
    handed?.get(key)?.first()
}

fn score_all(plugin: &dyn Verifier, context: &Context, work: &[QuestionCots]) -> Result<Handed> {
    let handed = Mutex::new(Handed::new());
    plugin.score_all(context, work, &|scored, rewards| {
        let key = Key { question: scored.question.clone(), cot: scored.cot };
        locked(&handed).entry(key).or_default().push(rewards);
    })?;
    Ok(into_inner(handed))
}

/// The first CoT that was handed over never, more than once, or without having been asked for.
fn not_once(work: &[QuestionCots], handed: &Handed) -> Option<String> {
    let mut unasked = handed.clone();
    for unit in work {
        for cot in &unit.cots {
            let key = Key::of(&unit.question, cot);
            match unasked.remove(&key).map_or(0, |lists| lists.len()) {
                1 => {}
                times => return Some(format!("handed over {key} {times} times")),
            }
        }
    }
    unasked.keys().next().map(|key| format!("handed over {key}, which nobody asked for"))
}
