//! CoTs with the rewards of their steps and with whether they end right: what errors of steps are measured on.

use std::collections::HashMap;
use std::path::Path;

use touchstone::data::{Location, RewardSet, TestSet};
use touchstone::evaluation::Settings;
use touchstone::{AnswerEquivalence, CotId, QuestionId, Result};
use touchstone_experiment::Bench;

/// One CoT.
pub struct Graded {
    /// The rewards of its steps; a missing one counts as one half, as everywhere.
    pub rewards: Vec<f64>,
    /// Whether its final answer is the gold one.
    pub right: bool,
}

/// All CoTs of the bench with these rewards, those without a step left out.
pub fn graded(bench: &Bench, rewards: &Path, settings: &Settings) -> Result<Vec<Graded>> {
    let answers = bench.context.registry().make(&settings.answers)?;
    let test_set = TestSet::open_categories(&bench.data.path.parse::<Location>()?, &bench.data.categories)?;
    let rewards = RewardSet::open(&Location::Path(rewards.to_owned()))?;
    let mut all = Vec::new();
    for category in test_set.categories() {
        let mut known: HashMap<(QuestionId, CotId), Vec<f64>> = HashMap::new();
        for row in rewards.rows(category)? {
            let row = row?;
            for (cot, rewards) in row.cot_ids.into_iter().zip(row.rewards) {
                let values = rewards.iter().map(|reward| reward.unwrap_or(touchstone::aggregator::MISSING));
                known.insert((row.id.clone(), cot), values.collect());
            }
        }
        for row in test_set.rows(category)? {
            let row = row?;
            for cot in row.cots {
                let right = is_right(&*answers, cot.answer.as_deref(), &row.gold)?;
                let rewards = known.remove(&(row.question.id.clone(), cot.id)).unwrap_or_default();
                all.extend((!rewards.is_empty()).then_some(Graded { rewards, right }));
            }
        }
    }
    Ok(all)
}

fn is_right(answers: &dyn AnswerEquivalence, answer: Option<&str>, gold: &str) -> Result<bool> {
    let key = answers.key(answer)?;
    Ok(key.is_some() && key == answers.gold(gold)?)
}
