//! A question as the page shows it: its CoTs judged, with every method's rewards and picks.

use serde::Serialize;
use touchstone::answer::AnswerKey;
use touchstone::data::TestRow;
use touchstone::{AnswerEquivalence, Cot, Label, Rationale, Rewards, Step};
use touchstone_search::{Choice, Selection, values};

use super::ViewedMethod;
use super::drop;
use super::join::Found;
use super::shape::{Counts, Shape};
use crate::error::{Error, Result};

/// A question with everything that is shown of it. Picks are in the order of the index: majority vote, then Best-of-N
/// and weighted vote of each method.
#[derive(Debug, Serialize)]
pub struct Question {
    pub text: String,
    pub gold: String,
    pub cots: Vec<ShownCot>,
    /// What each method has; none where its reward set lacks the question.
    pub methods: Vec<Option<MethodRewards>>,
    /// What each picks; none where its method lacks the question.
    pub picks: Vec<Option<Pick>>,
}

/// A CoT.
#[derive(Debug, Serialize)]
pub struct ShownCot {
    /// As text: a number may be larger than JavaScript's are exact.
    pub id: String,
    pub steps: Vec<Step>,
    pub answer: Option<String>,
    pub right: bool,
    /// The labels of its steps, in sets that have them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
}

/// What one method has for the question.
#[derive(Debug, Serialize)]
pub struct MethodRewards {
    pub shape: Shape,
    pub cots: Vec<CotRewards>,
}

/// What one method has for one CoT.
#[derive(Debug, Serialize)]
pub struct CotRewards {
    /// The aggregated value: what the evaluation compares.
    pub value: f64,
    /// None where the reward set lacks the CoT.
    pub rewards: Option<Rewards>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rationales: Vec<Rationale>,
}

/// What a way of choosing chooses among all CoTs.
#[derive(Debug, Serialize)]
pub struct Pick {
    /// The CoT's place. A vote picks an answer; this is the CoT that stands for it.
    pub cot: Option<usize>,
    pub right: bool,
    /// How many CoTs give its answer.
    pub votes: u32,
    /// Their values added up, in a weighted vote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    #[serde(skip)]
    key: Option<AnswerKey>,
}

impl Question {
    /// Judges and chooses. `found` holds what each method has, in their order.
    ///
    /// # Errors
    /// [`Error::Choice`] where an aggregator fails or gives what cannot be compared.
    pub fn new(
        row: TestRow,
        found: Vec<Option<Found>>,
        methods: &[ViewedMethod],
        answers: &dyn AnswerEquivalence,
    ) -> Result<Self> {
        let right = rightness(&row, answers);
        let at = |method: Option<&ViewedMethod>, source| Error::Choice {
            method: method.map_or_else(|| "majority vote".to_owned(), |method| method.name.clone()),
            category: row.question.category.clone(),
            question: row.question.id.clone(),
            source: Box::new(source),
        };
        let mut picks =
            vec![Some(pick(Selection::MajorityVote, &row.cots, &[], &right, answers).map_err(|e| at(None, e))?)];
        let mut shown = Vec::with_capacity(methods.len());
        for (method, found) in methods.iter().zip(found) {
            let Some(found) = found else {
                picks.extend([None, None]);
                shown.push(None);
                continue;
            };
            let rewards: Vec<Rewards> = found.rewards.iter().map(|list| list.clone().unwrap_or_default()).collect();
            let values = values(&row.cots, &rewards, &*method.aggregator).map_err(|error| at(Some(method), error))?;
            for selection in [Selection::BestOfN, Selection::WeightedVote] {
                let pick = pick(selection, &row.cots, &values, &right, answers);
                picks.push(Some(pick.map_err(|error| at(Some(method), error))?));
            }
            shown.push(Some(MethodRewards::new(&row.cots, found, values)));
        }
        let mut labels = row.step_labels.unwrap_or_default().into_iter();
        let cots = row.cots.into_iter().zip(right).map(|(cot, right)| ShownCot {
            id: cot.id.to_string(),
            steps: cot.steps,
            answer: cot.answer,
            right,
            labels: labels.next().unwrap_or_default(),
        });
        Ok(Self { text: row.question.text, gold: row.gold, cots: cots.collect(), methods: shown, picks })
    }

    /// Whether not all picks give the same answer.
    pub fn is_disputed(&self) -> bool {
        let mut keys = self.picks.iter().flatten().map(|pick| &pick.key);
        keys.next().is_some_and(|first| keys.any(|key| key != first))
    }

    /// How many of its CoTs are right.
    pub fn right_cots(&self) -> usize {
        self.cots.iter().filter(|cot| cot.right).count()
    }

    /// The largest drop between steps by each method, in thousandths; none where its rewards are not about steps.
    pub fn drops(&self) -> Vec<Option<u16>> {
        let drops = self.methods.iter().map(|method| {
            let method = method.as_ref().filter(|method| method.shape == Shape::Steps)?;
            let lists =
                method.cots.iter().zip(&self.cots).filter_map(|(cot, shown)| {
                    cot.rewards.as_deref().filter(|rewards| rewards.len() == shown.steps.len())
                });
            Some(lists.map(drop::largest).max().unwrap_or(0))
        });
        drops.collect()
    }
}

impl MethodRewards {
    fn new(cots: &[Cot], found: Found, values: Vec<f64>) -> Self {
        let counts: Vec<Counts> = cots
            .iter()
            .zip(&found.rewards)
            .map(|(cot, rewards)| Counts {
                rewards: rewards.as_ref().map_or(0, |list| list.len()),
                steps: cot.steps.len(),
            })
            .collect();
        let has_rationales = found.rationales.iter().any(|rationales| !rationales.is_empty());
        let shape = if has_rationales { Shape::Verdicts } else { Shape::of(&counts) };
        let lists = found.rewards.into_iter().zip(found.rationales).zip(values);
        let cots = lists.map(|((rewards, rationales), value)| CotRewards { value, rewards, rationales }).collect();
        Self { shape, cots }
    }
}

/// Which CoTs are right, as the evaluation has it: an answer without a key, or one that cannot be read, never is.
fn rightness(row: &TestRow, answers: &dyn AnswerEquivalence) -> Vec<bool> {
    let gold = answers.gold(&row.gold).unwrap_or_default();
    let is_right = |cot: &Cot| gold.is_some() && answers.key(cot.answer.as_deref()).unwrap_or_default() == gold;
    row.cots.iter().map(is_right).collect()
}

fn pick(
    selection: Selection,
    cots: &[Cot],
    values: &[f64],
    right: &[bool],
    answers: &dyn AnswerEquivalence,
) -> touchstone_search::Result<Pick> {
    let Choice { cot, key, tallies, .. } = selection.choose(cots, values, answers)?;
    let cot = cots.iter().position(|known| Some(known.id) == cot);
    let tally = tallies.iter().find(|tally| Some(&tally.answer) == key.as_ref());
    Ok(Pick {
        cot,
        right: cot.is_some_and(|cot| right[cot]),
        votes: tally.map_or(0, |tally| tally.votes),
        weight: tally.and_then(|tally| tally.weight).filter(|_| selection == Selection::WeightedVote),
        key,
    })
}
