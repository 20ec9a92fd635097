//! From the files of a study to its evaluation.

use super::Study;
use crate::Result;
use crate::data::RewardSet;
use crate::evaluation::{CotRecord, CotRewards, Method, Outcome, QuestionRecord, Questions, RewardRecord, evaluate};

impl Study {
    /// Evaluates the recipe's methods on its test set. CoT texts and reward lists pass through; what stays in memory is a
    /// few bytes a CoT.
    ///
    /// # Errors
    /// Whatever is wrong with the test set or a reward set, with its place.
    pub fn evaluate(&self) -> Result<Outcome> {
        let questions = self.questions()?;
        let methods = (0..self.recipe.methods.len())
            .map(|place| {
                self.method(place).map_err(|error| error.at(format!("method {:?}", self.recipe.methods[place].name)))
            })
            .collect::<Result<Vec<_>>>()?;
        evaluate(&self.context, &questions, &methods, &self.recipe.evaluate)
    }

    fn questions(&self) -> Result<Questions> {
        let answers = self.context.registry().make(&self.recipe.evaluate.answers)?;
        let mut questions = Questions::new(&self.recipe.data.path, answers);
        for category in self.test_set.categories() {
            let progress = self.context.start(&format!("reading {category}"), None);
            questions.declare(category);
            for row in self.test_set.rows(category)? {
                self.context.check_cancelled()?;
                let row = row?;
                let mut labels = row.step_labels.unwrap_or_default().into_iter();
                let cots = row.cots.into_iter().map(|cot| CotRecord {
                    id: cot.id,
                    steps: cot.steps.len(),
                    answer: cot.answer,
                    step_labels: labels.next(),
                });
                let record = QuestionRecord { id: row.question.id, gold: row.gold, cots: cots.collect() };
                questions.push(category, record)?;
                progress.advance(1);
            }
        }
        Ok(questions)
    }

    fn method(&self, place: usize) -> Result<Method> {
        let method = &self.recipe.methods[place];
        let aggregator = self.context.registry().make(&method.aggregator)?;
        let mut values = Method::new(&method.name, method.aggregator.clone(), aggregator);
        for location in self.reward_locations(place)? {
            let rewards = RewardSet::open(&location)?;
            let replicate = values.replicate(location.to_string());
            for category in self.test_set.categories() {
                if self.recipe.evaluate.allow_partial && !rewards.categories().any(|known| known == category) {
                    continue;
                }
                for row in rewards.rows(category)? {
                    self.context.check_cancelled()?;
                    let row = row?;
                    let cots = row.cot_ids.into_iter().zip(row.rewards);
                    let cots = cots.map(|(id, rewards)| CotRewards { id, rewards }).collect();
                    replicate.push(category, RewardRecord { id: row.id, cots })?;
                }
            }
        }
        Ok(values)
    }
}
