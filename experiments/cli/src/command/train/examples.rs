//! Which rows of a training set the four reward models learn from, and what they see of them.

use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::bail;
use touchstone::Context;
use touchstone::chat::ChatTemplate;
use touchstone::data::TrainingSet;
use touchstone_candle::tokenizer::Tokenizer;
use touchstone_candle::training::{Example, Objective, Prepared, RewardModel, Skip};
use touchstone_discriminative::training::{StepExamples, label_rule};
use touchstone_generative::training::TrainingTexts;

/// What all examples of a training share.
pub struct Layout<'a> {
    pub context: &'a Context,
    pub tokenizer: &'a Tokenizer,
    pub chat: Option<&'a ChatTemplate>,
    /// A prompt template of the user's own.
    pub template: Option<&'a Path>,
    pub max_length: Option<NonZeroUsize>,
    /// Which steps of a row are labelled, where it is not by the reward model's own rule.
    pub label_rule: Option<&'a str>,
}

/// What is trained, for which head.
pub struct Material {
    pub objective: Objective,
    pub prepared: Vec<Prepared>,
    /// What a generative model is to be given as the beginning of a critique.
    pub prefix: Option<&'static str>,
}

/// Prepares each of these sets.
pub fn prepare(reward_model: RewardModel, sets: &[TrainingSet], layout: &Layout<'_>) -> anyhow::Result<Material> {
    match reward_model {
        RewardModel::Dorm => discriminative(layout.label_rule.unwrap_or("outcome"), sets, layout),
        RewardModel::Dprm => discriminative(layout.label_rule.unwrap_or("first_error"), sets, layout),
        RewardModel::Gorm | RewardModel::Gprm if layout.label_rule.is_some() => {
            bail!("label_rule is for dORM and dPRM: {} learns the critiques of its rows", reward_model.name())
        }
        RewardModel::Gorm => generative(touchstone_generative::GORM, sets, layout),
        RewardModel::Gprm => generative(touchstone_generative::GPRM, sets, layout),
    }
}

fn discriminative(rule: &str, sets: &[TrainingSet], layout: &Layout<'_>) -> anyhow::Result<Material> {
    let examples = StepExamples::new(label_rule(rule)?, layout.max_length);
    let objective = examples.objective(layout.tokenizer)?;
    let prepared = rows(sets, |row| Ok(examples.example(layout.tokenizer, row)?))?;
    Ok(Material { objective, prepared, prefix: None })
}

fn generative(template: &str, sets: &[TrainingSet], layout: &Layout<'_>) -> anyhow::Result<Material> {
    let chat = layout.chat.ok_or(touchstone::Error::NoChatTemplate)?.clone();
    let texts = TrainingTexts::new(layout.context, template, layout.template, chat)?;
    let prepared = rows(sets, |row| {
        let Some(text) = texts.text(row)? else { return Ok(Err(Skip::Unlabelled)) };
        let example = Example::of_texts(layout.tokenizer, &text.prompt, &text.completion)?;
        Ok(match layout.max_length {
            Some(longest) if example.tokens.len() > longest.get() => Err(Skip::TooLong),
            _ => Ok(example),
        })
    })?;
    Ok(Material { objective: Objective::Vocabulary, prepared, prefix: Some(texts.prefix()?) })
}

fn rows(
    sets: &[TrainingSet],
    example: impl Fn(&touchstone::data::TrainingRow) -> anyhow::Result<Result<Example, Skip>>,
) -> anyhow::Result<Vec<Prepared>> {
    let mut all = Vec::with_capacity(sets.len());
    for set in sets {
        let mut prepared = Prepared::default();
        for category in set.categories() {
            for row in set.rows(category)? {
                let row = row?;
                let question = format!("{category}/{}", row.question.id);
                prepared.add(&question, example(&row)?);
            }
        }
        all.push(prepared);
    }
    Ok(all)
}
