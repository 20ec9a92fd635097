//! What was chosen, and why.

use std::fmt;

use serde::{Deserialize, Serialize};
use touchstone::CotId;
use touchstone::answer::AnswerKey;

use crate::Selection;

/// The best answer, and why it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// How it was chosen.
    pub selection: Selection,
    /// The answer, as the chosen CoT gives it. There is none if no CoT gives any, or if those without one were chosen.
    pub answer: Option<String>,
    /// The answer's key, by which it is compared with the gold answer's.
    pub key: Option<AnswerKey>,
    /// The CoT that gives the answer: of several the one of the highest value, and of those the first.
    pub cot: Option<CotId>,
    /// The answers that were given and have a key, in the order in which they came first.
    pub tallies: Vec<Tally>,
    /// The value of each CoT, in their order; none where there are no rewards.
    pub values: Vec<f64>,
}

/// How much there is for one answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// The answer.
    pub answer: AnswerKey,
    /// How many CoTs give it.
    pub votes: u32,
    /// The sum of their values, added up in the order of the CoTs; none where there are no rewards.
    pub weight: Option<f64>,
}

impl Choice {
    /// What there is for the chosen answer.
    pub fn tally(&self) -> Option<&Tally> {
        self.key.as_ref().and_then(|key| self.tallies.iter().find(|tally| tally.answer == *key))
    }
}

/// The reason in a line: `weighted vote: 3 of 8 votes, weight 2.413 of 4.071`.
impl fmt::Display for Choice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let votes: u32 = self.tallies.iter().map(|tally| tally.votes).sum();
        let weight: f64 = self.tallies.iter().filter_map(|tally| tally.weight).sum();
        let tally = self.tally();
        let (given, weighs) = (tally.map_or(0, |tally| tally.votes), tally.and_then(|tally| tally.weight));
        match self.selection {
            Selection::BestOfN => {
                let highest = self.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                write!(formatter, "Best-of-N: value {highest:.3}, the highest of {}", self.values.len())
            }
            Selection::WeightedVote => {
                let weighs = weighs.unwrap_or_default();
                write!(formatter, "weighted vote: {given} of {votes} votes, weight {weighs:.3} of {weight:.3}")
            }
            Selection::MajorityVote => write!(formatter, "majority vote: {given} of {votes} votes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use touchstone::Cot;
    use touchstone::answer::MultipleChoice;

    use super::*;

    #[test]
    fn a_choice_says_why_in_a_line_and_in_json() {
        let cot = |id, answer: &str| Cot { id: CotId(id), steps: Vec::new(), answer: Some(answer.to_owned()) };
        let cots = [cot(7, "A"), cot(8, "B"), cot(9, "a")];
        let choose = |selection: Selection| selection.choose(&cots, &[0.25, 0.75, 0.125], &MultipleChoice {}).unwrap();
        assert_eq!(choose(Selection::MajorityVote).to_string(), "majority vote: 2 of 3 votes");
        assert_eq!(choose(Selection::BestOfN).to_string(), "Best-of-N: value 0.750, the highest of 3");
        let weighted = choose(Selection::WeightedVote);
        assert_eq!(weighted.to_string(), "weighted vote: 1 of 3 votes, weight 0.750 of 1.125");
        let json = serde_json::to_value(&weighted).unwrap();
        assert_eq!(json["answer"], "B");
        assert_eq!(json["cot"], 8);
        assert_eq!(json["tallies"][0], serde_json::json!({"answer": "a", "votes": 2, "weight": 0.375}));
        assert_eq!(serde_json::from_value::<Choice>(json).unwrap(), weighted);
    }
}
