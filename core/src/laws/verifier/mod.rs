//! The laws of verifiers.

#[cfg(test)]
mod tests;
mod work;

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::calls::{Calls, Case, Given, Size, examine, into_inner, locked, median_time, timed};
use super::report::{Trial, shown};
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
    let check = Check { plugin, context, calls: &calls };
    let alone = check.score_agrees(&expected);
    let [once, together] = check.score_all_agrees(&cases, &expected);
    let order = check.order_means_nothing(&expected);
    let cancelled = check.cancelled_job_stops(&cases);
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

struct Check<'a> {
    plugin: &'a dyn Verifier,
    context: &'a Context,
    calls: &'a Calls,
}

impl Check<'_> {
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

    /// `score_all` hands over each CoT once, with the rewards that `score_question` gives it.
    fn score_all_agrees(&self, cases: &[Case<QuestionCots>], expected: &[&Scored<'_>]) -> [Finding; 2] {
        let mut once = Trial::of("score_all gives each CoT its rewards once");
        let mut agrees = Trial::of("score_all agrees with score_question");
        let work: Vec<QuestionCots> = cases.iter().map(|case| case.input.clone()).collect();
        for (told, work) in [("score_all of no questions", &[][..]), ("score_all of all questions", &work)] {
            let Some(handed) = self.calls.make(told, || score_all(self.plugin, self.context, work)) else { continue };
            once.judge(not_once(work, &handed).map(|fault| format!("{told} {fault}")));
            for Given { case, result } in expected.iter().filter(|_| !work.is_empty()) {
                for (cot, rewards) in case.input.cots.iter().zip(result) {
                    let key = Key::of(&case.input.question, cot);
                    if let Some(all) = handed.get(&key).and_then(|lists| lists.first()) {
                        let told = || {
                            format!("{key} got {} from score_all, {} from score_question", shown(all), shown(rewards))
                        };
                        agrees.judge((all != rewards).then(told));
                    }
                }
            }
        }
        [once.finish(), agrees.finish()]
    }

    /// Rewards are the same when the CoTs of each question come the other way round, and the questions do.
    fn order_means_nothing(&self, expected: &[&Scored<'_>]) -> Finding {
        let mut trial = Trial::of("the order of CoTs and questions changes no rewards");
        let backwards = |given: &&Scored<'_>| {
            let mut work = given.case.input.clone();
            work.cots.reverse();
            work
        };
        let work: Vec<QuestionCots> = expected.iter().rev().map(backwards).collect();
        let all = self.calls.make("score_all, backwards", || score_all(self.plugin, self.context, &work));
        for (Given { case, result }, work) in expected.iter().rev().zip(&work) {
            let told = format!("{}, backwards", case.told);
            let question = self.calls.make(&told, || self.plugin.score_question(self.context, work));
            for (place, (cot, rewards)) in work.cots.iter().zip(result.iter().rev()).enumerate() {
                let key = Key::of(&work.question, cot);
                let by_question = question.as_ref().and_then(|lists| lists.get(place));
                let by_all = all.as_ref().and_then(|handed| handed.get(&key)?.first());
                for (method, other) in [("score_question", by_question), ("score_all", by_all)] {
                    if let Some(other) = other {
                        let fault =
                            || format!("{key} got {}, but {} from {method}, backwards", shown(rewards), shown(other));
                        trial.judge((rewards != other).then(fault));
                    }
                }
            }
        }
        trial.finish()
    }

    /// A job that is cancelled before it begins ends as cancelled, or it finishes.
    fn cancelled_job_stops(&self, cases: &[Case<QuestionCots>]) -> Finding {
        let mut trial = Trial::of("a cancelled score_all ends as cancelled or finishes");
        let work: Vec<QuestionCots> = cases.iter().map(|case| case.input.clone()).collect();
        let context = self.context.uncoupled();
        context.cancel();
        let told = "a cancelled score_all";
        if let Some(outcome) = self.calls.attempt(told, || score_all(self.plugin, &context, &work)) {
            trial.judge(match outcome {
                Ok(handed) => not_once(&work, &handed).map(|fault| format!("{told} gave no error and {fault}")),
                Err(error) => (!error.is_cancelled()).then(|| format!("{told} gave the error: {error}")),
            });
        }
        trial.finish()
    }
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
