//! `self_consistency`: a vote that stops when it is decided.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::answer::AnswerKey;
use touchstone::generator::Prompt;
use touchstone::{AnswerEquivalence, Question};

use crate::attempt::{Attempt, Draft};
use crate::{Latest, Result, Selection, Solution, Solver, Stopping, Strategy, forty};

/// Self-consistency that samples no more than it takes: a majority vote that stops early by the rule of Adaptive-Consistency
/// (Aggarwal et al. 2023) or of Early-Stopping Self-Consistency (Li et al. 2024).
///
/// Solutions without an answer, and those that the equivalence gives no key, count among the samples, and nothing is decided as
/// long as those without lead the vote. The first call of the generator has the seed itself, each later one a seed of its own: a rule that asks for all samples at
/// once gives what [`MajorityVote`](crate::MajorityVote) gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelfConsistency {
    /// The most solutions; 40 unless told otherwise, as in both papers.
    #[serde(default = "forty")]
    pub samples: NonZeroUsize,
    /// When to stop before.
    #[serde(default)]
    pub stopping: Stopping,
}

crate::describe!("self_consistency", SelfConsistency);

#[typetag::serde(name = "self_consistency")]
impl Strategy for SelfConsistency {
    fn solve(&self, solver: &Solver<'_>, question: &Question, prompt: &Prompt) -> Result<Solution> {
        let mut attempt = Attempt::new("self_consistency", solver, question, prompt)?;
        let mut drafts: Vec<Draft> = Vec::new();
        let mut votes = Votes::new(solver.answers);
        for call in 0.. {
            let at_once = self.stopping.at_once().get().min(self.samples.get() - drafts.len());
            if at_once == 0 {
                break;
            }
            solver.context.check_cancelled()?;
            let sampled = attempt.sample(at_once, seed_of_call(attempt.seed(), call))?;
            let latest = votes.count(&attempt, &sampled)?;
            drafts.extend(sampled);
            if votes.are_led_by_an_answer() && self.stopping.is_decided(&votes.of_answers(), latest) {
                break;
            }
        }
        attempt.solution(drafts, Selection::MajorityVote)
    }
}

/// Votes so far, counted as [`Selection::MajorityVote`] counts them.
struct Votes<'a> {
    answers: &'a dyn AnswerEquivalence,
    no_answer: Option<AnswerKey>,
    counted: Vec<(AnswerKey, u32)>,
}

impl<'a> Votes<'a> {
    fn new(answers: &'a dyn AnswerEquivalence) -> Self {
        Self { answers, no_answer: answers.key(None).unwrap_or_default(), counted: Vec::new() }
    }

    /// Counts these, which were sampled at once, and says whether they agree on an answer.
    fn count(&mut self, attempt: &Attempt<'_>, drafts: &[Draft]) -> Result<Latest> {
        let mut keys = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let answer = attempt.cot(0, &draft.text)?.answer;
            // An error concerns one answer, which then has no key.
            keys.push(self.answers.key(answer.as_deref()).unwrap_or_default());
        }
        for key in keys.iter().flatten() {
            match self.counted.iter_mut().find(|(known, _)| known == key) {
                Some((_, votes)) => *votes += 1,
                None => self.counted.push((key.clone(), 1)),
            }
        }
        let first = keys.first().and_then(Option::as_ref).filter(|key| Some(*key) != self.no_answer.as_ref());
        let agree = first.is_some() && keys.iter().all(|key| key.as_ref() == first);
        Ok(if agree { Latest::Agree } else { Latest::Differ })
    }

    fn of_answers(&self) -> Vec<u32> {
        self.counted.iter().map(|(_, votes)| *votes).collect()
    }

    fn are_led_by_an_answer(&self) -> bool {
        let leader = self.counted.iter().max_by_key(|(_, votes)| *votes);
        leader.is_some_and(|(key, _)| Some(key) != self.no_answer.as_ref())
    }
}

/// The seed of the call of this number. Generators number samples from 0 in each call, so the seed has to tell the calls apart.
fn seed_of_call(seed: u64, call: u64) -> u64 {
    if call == 0 {
        return seed;
    }
    // The finisher of SplitMix64, which mixes every bit into every other.
    let mixed = seed ^ call.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_call_has_the_seed_and_all_calls_have_their_own() {
        assert_eq!(seed_of_call(42, 0), 42);
        let mut seeds: Vec<u64> =
            (40..44).flat_map(|seed| (0..100).map(move |call| seed_of_call(seed, call))).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 400);
    }
}
