//! The test set as it was recorded, with the rewards of every model.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Context as _;
use touchstone::answer::AnswerKey;
use touchstone::data::{Location, RewardSet, TestSet};
use touchstone::recipe::Data;
use touchstone::{AnswerEquivalence, CotId, Question, Rewards};
use touchstone_candle::tokenizer::{SpecialTokens, Tokenizer};

use crate::recorded::Recorded;

/// A question with everything that was recorded of it.
pub struct RecordedQuestion {
    /// The question.
    pub question: Question,
    /// The gold answer.
    pub gold: Option<AnswerKey>,
    /// Its tokens.
    pub tokens: u64,
    /// Its CoTs.
    pub cots: Vec<Recorded>,
}

/// Reads the questions of a test set and the rewards that each model gave, from a folder for each.
///
/// # Errors
/// What the files say, and a CoT without rewards.
pub fn read(
    data: &Data,
    rewards: &[PathBuf],
    tokenizer: &Tokenizer,
    answers: &dyn AnswerEquivalence,
) -> anyhow::Result<Vec<RecordedQuestion>> {
    let set = TestSet::open_categories(&data.path.parse()?, &data.categories)?.first(data.questions);
    let rewards = rewards.iter().map(|folder| RewardSet::open(&Location::Path(folder.clone())));
    let rewards = rewards.collect::<Result<Vec<_>, _>>()?;
    let mut found = Vec::new();
    for category in set.categories() {
        let mut given: Vec<HashMap<(String, CotId), Rewards>> = Vec::new();
        for set in &rewards {
            let mut of_model = HashMap::new();
            for row in set.rows(category)? {
                let row = row?;
                let id = row.id.to_string();
                of_model.extend(row.cot_ids.into_iter().zip(row.rewards).map(|(cot, one)| ((id.clone(), cot), one)));
            }
            given.push(of_model);
        }
        for row in set.rows(category)? {
            let row = row?;
            let id = row.question.id.to_string();
            let mut cots = Vec::with_capacity(row.cots.len());
            for cot in row.cots {
                let text = cot.steps.iter().map(|step| &**step).collect::<Vec<&str>>().join("\n\n");
                let of_models = given.iter().map(|given| given.get(&(id.clone(), cot.id)).cloned());
                cots.push(Recorded {
                    answer: cot.answer,
                    tokens: tokenizer.encode(&text, SpecialTokens::Omit)?.len(),
                    rewards: of_models
                        .collect::<Option<_>>()
                        .with_context(|| format!("question {id}, CoT {}: a model gave no rewards", cot.id))?,
                });
            }
            let tokens = tokenizer.encode(&row.question.text, SpecialTokens::Add)?.len() as u64;
            found.push(RecordedQuestion { gold: answers.gold(&row.gold)?, question: row.question, tokens, cots });
        }
    }
    Ok(found)
}
