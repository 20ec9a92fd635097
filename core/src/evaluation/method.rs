//! A reward method: a verifier's rewards with the aggregator that makes one value of them.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::EvaluationError;
use crate::{Aggregator, Category, CotId, Error, PluginSpec, QuestionId, Result, Rewards};

/// The reward below which a step counts as wrong, where first errors are looked for.
pub(super) const STEP_THRESHOLD: f64 = 0.5;

/// One row of a reward file.
#[derive(Clone, Debug, PartialEq)]
pub struct RewardRecord {
    /// The question's id.
    pub id: QuestionId,
    /// The rewards of its CoTs, in any order.
    pub cots: Vec<CotRewards>,
}

/// The rewards of one CoT in a reward file.
#[derive(Clone, Debug, PartialEq)]
pub struct CotRewards {
    /// The CoT's id among those of its question.
    pub id: CotId,
    /// Its rewards: one a step or one a verdict.
    pub rewards: Rewards,
}

/// A reward method and its reward sets: one, or several that are replicates (training seeds) of one another.
pub struct Method {
    pub(super) name: String,
    pub(super) spec: PluginSpec<dyn Aggregator>,
    aggregator: Arc<dyn Aggregator>,
    pub(super) replicates: Vec<Replicate>,
}

/// One reward set of a method. Rewards are aggregated as they are pushed, so that the lists can be let go.
pub struct Replicate {
    pub(super) source: String,
    method: String,
    aggregator: Arc<dyn Aggregator>,
    categories: BTreeMap<Category, HashMap<QuestionId, RewardRow>>,
}

/// The values of one question's CoTs, in the reward file's order.
pub(super) struct RewardRow {
    pub(super) cots: Vec<CotId>,
    pub(super) values: Vec<f64>,
    pub(super) lists: Vec<RewardList>,
}

/// What is remembered of a list of rewards besides its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RewardList {
    pub(super) length: u32,
    pub(super) missing: u32,
    /// The first reward below [`STEP_THRESHOLD`]; a missing one is not.
    first_low: u32,
}

impl RewardList {
    const NONE_LOW: u32 = u32::MAX;

    fn of(rewards: &Rewards) -> Self {
        let low = rewards.iter().position(|reward| reward.is_some_and(|value| value < STEP_THRESHOLD));
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX - 1);
        Self {
            length: count(rewards.len()),
            missing: count(rewards.missing()),
            first_low: low.map_or(Self::NONE_LOW, count),
        }
    }

    /// The place of the first reward that calls its step wrong.
    pub(super) fn first_low(&self) -> Option<u32> {
        (self.first_low != Self::NONE_LOW).then_some(self.first_low)
    }
}

impl Method {
    /// A method without rewards so far. `aggregator` is what `spec` names; the spec is kept for the report.
    pub fn new(name: impl Into<String>, spec: PluginSpec<dyn Aggregator>, aggregator: Box<dyn Aggregator>) -> Self {
        Self { name: name.into(), spec, aggregator: aggregator.into(), replicates: Vec::new() }
    }

    /// Begins a reward set; `source` is where it comes from, as the user named it.
    pub fn replicate(&mut self, source: impl Into<String>) -> &mut Replicate {
        self.replicates.push(Replicate {
            source: source.into(),
            method: self.name.clone(),
            aggregator: Arc::clone(&self.aggregator),
            categories: BTreeMap::new(),
        });
        let last = self.replicates.len() - 1;
        &mut self.replicates[last]
    }

    /// The value of a CoT that a reward set lacks: that of no rewards at all.
    pub(super) fn without_rewards(&self) -> Result<f64> {
        aggregate(&*self.aggregator, &self.name, &[])
            .map_err(|error| error.at(format!("the value of a CoT without rewards, method {}", self.name)))
    }
}

impl Replicate {
    /// Adds a row. It is matched by its ids later, so the order of rows and CoTs means nothing.
    ///
    /// # Errors
    /// [`EvaluationError`] names the question if its id is there already or two of its CoTs have one id; an aggregator's
    /// error, or a value that is not finite, names question and CoT.
    pub fn push(&mut self, category: &Category, row: RewardRecord) -> Result<()> {
        let mut ids = HashSet::with_capacity(row.cots.len());
        if let Some(twice) = row.cots.iter().find(|cot| !ids.insert(cot.id)) {
            return Err(EvaluationError::DuplicateCot {
                source_name: self.source.clone(),
                category: category.clone(),
                question: row.id,
                cot: twice.id,
            }
            .into());
        }
        let values = row
            .cots
            .iter()
            .map(|cot| {
                aggregate(&*self.aggregator, &self.method, &cot.rewards).map_err(|error| {
                    error.at(format!("{}, category {category}, question {}, CoT {}", self.source, row.id, cot.id))
                })
            })
            .collect::<Result<_>>()?;
        let lists = row.cots.iter().map(|cot| RewardList::of(&cot.rewards)).collect();
        let cots = row.cots.iter().map(|cot| cot.id).collect();
        match self.categories.entry(category.clone()).or_default().entry(row.id) {
            Entry::Vacant(place) => {
                place.insert(RewardRow { cots, values, lists });
                Ok(())
            }
            Entry::Occupied(known) => Err(EvaluationError::DuplicateQuestion {
                source_name: self.source.clone(),
                category: category.clone(),
                question: known.key().clone(),
            }
            .into()),
        }
    }

    pub(super) fn row(&self, category: &Category, question: &QuestionId) -> Option<&RewardRow> {
        self.categories.get(category)?.get(question)
    }
}

/// The value of a list of rewards, which must be finite.
fn aggregate(aggregator: &dyn Aggregator, method: &str, rewards: &[Option<f64>]) -> Result<f64> {
    let value = aggregator.aggregate(rewards)?;
    if value.is_finite() {
        return Ok(value);
    }
    Err(Error::plugin(method, format!("its aggregator gave {value}, which cannot be compared; values must be finite")))
}
