//! Choosing among CoTs that are there: Best-of-N, weighted vote, majority vote, by the rules of the evaluation.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use touchstone::answer::AnswerKey;
use touchstone::{Aggregator, AnswerEquivalence, Cot, CotId, Rewards};

use crate::{Choice, Error, Result, Tally};

/// How one answer is chosen among the CoTs of a question.
///
/// The rules are those of the evaluation (`touchstone::evaluation`), so that the accuracy measured there is the accuracy to expect here:
/// - Of equal values or tallies the one that comes first wins, in the order of the CoTs.
/// - A CoT whose answer has no [key](AnswerEquivalence::key) takes part in no vote. It may be the best of N.
/// - Where the equivalence gives absent answers a key (`multiple_choice` has them all be "N/A"), they vote as any answer does.
///   If they win, the choice has [no answer](Choice::answer): "N/A" is never given as one.
/// - A reward that is missing, and a CoT without rewards, count as the aggregator has it: as one half in all built-in ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// The answer of the CoT of the highest value (Cobbe et al. 2021, "Training Verifiers to Solve Math Word Problems").
    #[default]
    BestOfN,
    /// The answer whose CoTs' values add up to most (Li et al. 2023, "Making Language Models Better Reasoners with Step-Aware
    /// Verifier"; "Best-of-N weighted" in Snell et al. 2024).
    WeightedVote,
    /// The answer that most CoTs give (Wang et al. 2023, "Self-Consistency Improves Chain of Thought Reasoning").
    MajorityVote,
}

/// The answer of the CoT of the highest value: see [`Selection::BestOfN`]. `rewards` are in the order of the CoTs.
///
/// # Errors
/// [`Error::Counts`] where there is not one list of rewards for each CoT; what the aggregator says; [`Error::NotFinite`].
pub fn best_of_n(
    cots: &[Cot],
    rewards: &[Rewards],
    aggregator: &dyn Aggregator,
    answers: &dyn AnswerEquivalence,
) -> Result<Choice> {
    Selection::BestOfN.choose(cots, &values(cots, rewards, aggregator)?, answers)
}

/// The answer whose CoTs' values add up to most: see [`Selection::WeightedVote`]. `rewards` are in the order of the CoTs.
///
/// # Errors
/// Those of [`best_of_n`].
pub fn weighted_vote(
    cots: &[Cot],
    rewards: &[Rewards],
    aggregator: &dyn Aggregator,
    answers: &dyn AnswerEquivalence,
) -> Result<Choice> {
    Selection::WeightedVote.choose(cots, &values(cots, rewards, aggregator)?, answers)
}

/// The answer that most CoTs give: see [`Selection::MajorityVote`].
pub fn majority_vote(cots: &[Cot], answers: &dyn AnswerEquivalence) -> Choice {
    Ballot::new(cots, &[], answers).choice(Selection::MajorityVote)
}

/// The values of these CoTs: each one's rewards, aggregated.
///
/// # Errors
/// Those of [`best_of_n`].
pub fn values(cots: &[Cot], rewards: &[Rewards], aggregator: &dyn Aggregator) -> Result<Vec<f64>> {
    if cots.len() != rewards.len() {
        return Err(Error::Counts { cots: cots.len(), rewards: rewards.len() });
    }
    cots.iter().zip(rewards).map(|(cot, rewards)| value(cot.id, rewards, aggregator)).collect()
}

pub(crate) fn value(cot: CotId, rewards: &Rewards, aggregator: &dyn Aggregator) -> Result<f64> {
    let value = aggregator.aggregate(rewards).map_err(|error| error.at(format!("CoT {cot}")))?;
    if value.is_finite() { Ok(value) } else { Err(Error::NotFinite { cot, value }) }
}

impl Selection {
    /// Chooses among CoTs of these values, which are finite and in the order of the CoTs. A majority vote goes without:
    /// values that it is given tell which of the winner's CoTs to show.
    ///
    /// # Errors
    /// [`Error::Counts`] where there is not one value for each CoT; [`Error::NotFinite`].
    pub fn choose(self, cots: &[Cot], values: &[f64], answers: &dyn AnswerEquivalence) -> Result<Choice> {
        let none_needed = self == Self::MajorityVote && values.is_empty();
        if values.len() != cots.len() && !none_needed {
            return Err(Error::Counts { cots: cots.len(), rewards: values.len() });
        }
        if let Some((cot, value)) = cots.iter().zip(values).find(|(_, value)| !value.is_finite()) {
            return Err(Error::NotFinite { cot: cot.id, value: *value });
        }
        Ok(Ballot::new(cots, values, answers).choice(self))
    }
}

/// CoTs with their answers counted.
struct Ballot<'a> {
    cots: &'a [Cot],
    values: &'a [f64],
    keys: Vec<Option<AnswerKey>>,
    no_answer: Option<AnswerKey>,
    tallies: Vec<Tally>,
}

impl<'a> Ballot<'a> {
    fn new(cots: &'a [Cot], values: &'a [f64], answers: &dyn AnswerEquivalence) -> Self {
        // An error concerns one answer, which then has no key.
        let key = |answer: Option<&str>| answers.key(answer).unwrap_or_default();
        let keys: Vec<_> = cots.iter().map(|cot| key(cot.answer.as_deref())).collect();
        let mut tallies: Vec<Tally> = Vec::new();
        let mut places: HashMap<&AnswerKey, usize> = HashMap::new();
        for (cot, key) in keys.iter().enumerate() {
            let Some(key) = key else { continue };
            let place = *places.entry(key).or_insert_with(|| {
                let weight = (!values.is_empty()).then_some(0.0);
                tallies.push(Tally { answer: key.clone(), votes: 0, weight });
                tallies.len() - 1
            });
            tallies[place].votes += 1;
            tallies[place].weight = tallies[place].weight.zip(values.get(cot)).map(|(sum, value)| sum + value);
        }
        Self { cots, values, keys, no_answer: key(None), tallies }
    }

    fn choice(self, selection: Selection) -> Choice {
        let chosen = match selection {
            Selection::BestOfN => first_highest(0..self.cots.len(), |cot| self.values[*cot]),
            Selection::WeightedVote => self.spokesman(|tally| tally.weight.unwrap_or_default()),
            Selection::MajorityVote => self.spokesman(|tally| f64::from(tally.votes)),
        };
        let key = chosen.and_then(|cot| self.keys[cot].clone());
        let is_answer = key.is_some() && key != self.no_answer;
        let cot = chosen.map(|cot| &self.cots[cot]);
        Choice {
            selection,
            answer: cot.filter(|_| is_answer).and_then(|cot| cot.answer.clone()),
            key,
            cot: cot.map(|cot| cot.id),
            tallies: self.tallies,
            values: self.values.to_vec(),
        }
    }

    /// Of the CoTs that give the answer of the highest score the one of the highest value.
    fn spokesman(&self, score: impl Fn(&Tally) -> f64) -> Option<usize> {
        let winner = first_highest(self.tallies.iter(), |tally| score(tally))?;
        let givers = (0..self.cots.len()).filter(|cot| self.keys[*cot].as_ref() == Some(&winner.answer));
        first_highest(givers, |cot| self.values.get(*cot).copied().unwrap_or_default())
    }
}

/// The item of the highest score; of several, the first.
fn first_highest<T>(items: impl Iterator<Item = T>, score: impl Fn(&T) -> f64) -> Option<T> {
    items.fold(None, |best, item| match best {
        Some(best) if score(&item) <= score(&best) => Some(best),
        _ => Some(item),
    })
}

#[cfg(test)]
mod tests {
    use touchstone::answer::MultipleChoice;

    use super::*;

    fn cots(answers: &[Option<&str>]) -> Vec<Cot> {
        let cot = |(id, answer): (usize, &Option<&str>)| Cot {
            id: CotId(id as i64),
            steps: Vec::new(),
            answer: answer.map(str::to_owned),
        };
        answers.iter().enumerate().map(cot).collect()
    }

    fn chosen(selection: Selection, answers: &[Option<&str>], values: &[f64]) -> (Option<String>, Option<i64>) {
        let choice = selection.choose(&cots(answers), values, &MultipleChoice {}).unwrap();
        (choice.answer, choice.cot.map(|cot| cot.0))
    }

    #[test]
    fn each_selection_goes_by_its_own_measure() {
        let answers = [Some("A"), Some("B"), Some("b"), Some("C"), Some("A"), Some("a")];
        let values = [0.1, 0.5, 0.6, 0.9, 0.2, 0.1];
        assert_eq!(chosen(Selection::BestOfN, &answers, &values), (Some("C".to_owned()), Some(3)));
        assert_eq!(chosen(Selection::WeightedVote, &answers, &values), (Some("b".to_owned()), Some(2)));
        assert_eq!(chosen(Selection::MajorityVote, &answers, &values), (Some("A".to_owned()), Some(4)));
        assert_eq!(majority_vote(&cots(&answers), &MultipleChoice {}).cot, Some(CotId(0)));
    }

    #[test]
    fn of_equals_the_first_wins() {
        let answers = [Some("B"), Some("A"), Some("A"), Some("B")];
        for selection in [Selection::BestOfN, Selection::WeightedVote, Selection::MajorityVote] {
            assert_eq!(chosen(selection, &answers, &[0.5; 4]), (Some("B".to_owned()), Some(0)), "{selection:?}");
        }
    }

    #[test]
    fn absent_answers_vote_where_the_equivalence_says_so_and_are_never_given() {
        let choice = majority_vote(&cots(&[None, Some("A"), Some("?")]), &MultipleChoice {});
        assert_eq!((choice.answer, choice.cot), (None, Some(CotId(0))));
        assert_eq!(choice.key.unwrap().0, "n/a");
        assert_eq!(choice.tallies[0].votes, 2);
    }

    struct Exact;
    impl AnswerEquivalence for Exact {
        fn key(&self, answer: Option<&str>) -> touchstone::Result<Option<AnswerKey>> {
            match answer {
                Some("?") => Err(touchstone::Error::plugin("exact", "what is this")),
                answer => Ok(answer.map(|answer| AnswerKey(answer.to_owned()))),
            }
        }
    }

    #[test]
    fn without_a_key_a_cot_takes_part_in_no_vote_but_may_be_the_best() {
        let cots = cots(&[None, Some("A"), Some("?")]);
        let choose = |selection: Selection| selection.choose(&cots, &[0.5, 0.1, 0.9], &Exact).unwrap();
        assert_eq!(choose(Selection::WeightedVote).answer.as_deref(), Some("A"));
        let best = choose(Selection::BestOfN);
        assert_eq!((best.answer, best.key, best.cot), (None, None, Some(CotId(2))));
        let none = majority_vote(&cots[..1], &Exact);
        assert_eq!((none.answer, none.cot), (None, None));
        assert_eq!(majority_vote(&[], &Exact).cot, None);
    }

    #[test]
    fn lists_that_do_not_match_and_values_that_cannot_be_compared_are_errors() {
        let cots = cots(&[Some("A")]);
        let error = Selection::BestOfN.choose(&cots, &[], &Exact).unwrap_err();
        assert!(error.to_string().contains("1 CoTs but 0 lists"), "{error}");
        let error = Selection::WeightedVote.choose(&cots, &[f64::NAN], &Exact).unwrap_err();
        assert!(error.to_string().contains("CoT 0 the value NaN"), "{error}");
    }
}
