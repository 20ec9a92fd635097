//! The test set with the rewards of every model: read once, evaluated for every category and length.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::Path;

use touchstone::data::{Location, RewardSet, TestSet};
use touchstone::evaluation::{
    CotRecord, CotRewards, Evaluation, Method, QuestionRecord, Questions, RewardRecord, Settings, evaluate,
};
use touchstone::{AnswerEquivalence, Category, Context, CotId, QuestionId, Result, Rewards};
use touchstone_experiment::Bench;

use crate::recipe::Model;

/// All questions, and how they are evaluated.
pub struct Material<'a> {
    context: &'a Context,
    path: &'a str,
    models: [&'a Model; 2],
    settings: &'a Settings,
    questions: Vec<Question>,
}

struct Question {
    category: Category,
    id: QuestionId,
    gold: String,
    cots: Vec<Cot>,
}

/// One CoT.
pub struct Cot {
    id: CotId,
    answer: Option<String>,
    /// How many steps it has.
    pub steps: usize,
    /// The rewards of each model.
    rewards: Vec<Rewards>,
    /// Whether its final answer is the gold one.
    pub right: bool,
}

impl Cot {
    /// The rewards that the model at `place` gave its steps; a missing one counts as one half, as everywhere.
    pub fn rewards(&self, place: usize) -> Vec<f64> {
        let rewards = self.rewards.get(place).into_iter().flat_map(|rewards| rewards.iter());
        rewards.map(|reward| reward.unwrap_or(touchstone::aggregator::MISSING)).collect()
    }
}

impl<'a> Material<'a> {
    /// Reads the bench's test set, and the rewards that each model gave from its folder.
    pub fn read(bench: &'a Bench, models: [&'a Model; 2], folders: [&Path; 2], settings: &'a Settings) -> Result<Self> {
        let answers = bench.context.registry().make(&settings.answers)?;
        let set = TestSet::open_categories(&bench.data.path.parse::<Location>()?, &bench.data.categories)?;
        let sets = folders.iter().map(|folder| RewardSet::open(&Location::Path((*folder).to_owned())));
        let sets = sets.collect::<Result<Vec<_>>>()?;
        let mut questions = Vec::new();
        for category in set.categories() {
            let mut known = sets.iter().map(|set| by_cot(set, category)).collect::<Result<Vec<_>>>()?;
            for row in set.rows(category)? {
                let row = row?;
                let id = row.question.id;
                let mut cots = Vec::with_capacity(row.cots.len());
                for cot in row.cots {
                    let right = is_right(&*answers, cot.answer.as_deref(), &row.gold)?;
                    let key = (id.clone(), cot.id);
                    let rewards = known.iter_mut().map(|known| known.remove(&key).unwrap_or_default()).collect();
                    cots.push(Cot { id: cot.id, answer: cot.answer, steps: cot.steps.len(), rewards, right });
                }
                questions.push(Question { category: category.clone(), id, gold: row.gold, cots });
            }
        }
        Ok(Self { context: &bench.context, path: &bench.data.path, models, settings, questions })
    }

    /// The categories, in the set's order.
    pub fn categories(&self) -> Vec<Category> {
        let mut categories: Vec<Category> = self.questions.iter().map(|question| question.category.clone()).collect();
        categories.dedup();
        categories
    }

    /// The CoTs of these lengths, in one category or in all.
    pub fn cots(&self, category: Option<&Category>, lengths: &RangeInclusive<usize>) -> Vec<&Cot> {
        let cots = self.of(category).flat_map(|question| &question.cots);
        cots.filter(|cot| lengths.contains(&cot.steps)).collect()
    }

    /// Every model under each of its aggregators, on the CoTs of these lengths alone.
    pub fn evaluate(&self, category: Option<&Category>, lengths: &RangeInclusive<usize>) -> Result<Evaluation> {
        let registry = self.context.registry();
        let inside = |cot: &&Cot| lengths.contains(&cot.steps);
        let questions_inside = || self.of(category).filter(|question| question.cots.iter().any(|cot| inside(&cot)));
        let mut questions = Questions::new(self.path, registry.make(&self.settings.answers)?);
        for question in questions_inside() {
            let record =
                |cot: &Cot| CotRecord { id: cot.id, answer: cot.answer.clone(), steps: cot.steps, step_labels: None };
            let (id, gold) = (question.id.clone(), question.gold.clone());
            let cots = question.cots.iter().filter(inside).map(record).collect();
            questions.push(&question.category, QuestionRecord { id, gold, cots })?;
        }
        let mut methods = Vec::new();
        for (place, model) in self.models.iter().enumerate() {
            for spec in &model.aggregators {
                let mut method = Method::new(format!("{} {spec}", model.name), spec.clone(), registry.make(spec)?);
                let rewards = method.replicate(model.name.as_str());
                for question in questions_inside() {
                    let given = |cot: &Cot| CotRewards { id: cot.id, rewards: cot.rewards[place].clone() };
                    let cots = question.cots.iter().filter(inside).map(given).collect();
                    rewards.push(&question.category, RewardRecord { id: question.id.clone(), cots })?;
                }
                methods.push(method);
            }
        }
        Ok(evaluate(self.context, &questions, &methods, self.settings)?.evaluation)
    }

    fn of(&self, category: Option<&Category>) -> impl Iterator<Item = &Question> {
        self.questions.iter().filter(move |question| category.is_none_or(|category| question.category == *category))
    }
}

fn by_cot(set: &RewardSet, category: &Category) -> Result<HashMap<(QuestionId, CotId), Rewards>> {
    let mut known = HashMap::new();
    for row in set.rows(category)? {
        let row = row?;
        known.extend(row.cot_ids.into_iter().zip(row.rewards).map(|(cot, rewards)| ((row.id.clone(), cot), rewards)));
    }
    Ok(known)
}

fn is_right(answers: &dyn AnswerEquivalence, answer: Option<&str>, gold: &str) -> Result<bool> {
    let key = answers.key(answer)?;
    Ok(key.is_some() && key == answers.gold(gold)?)
}
