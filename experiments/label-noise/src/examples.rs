//! Examples with flipped labels, and held-out ones without.

use touchstone::data::{Location, TrainingSet};
use touchstone_candle::tokenizer::Tokenizer;
use touchstone_candle::training::{Example, Objective, Prepared, Split};
use touchstone_discriminative::training::{StepExamples, label_rule};
use touchstone_experiment::Started;

use crate::noise::Noise;
use crate::recipe::{Model, Recipe};

/// What a model is trained on at one probability.
pub struct Material {
    /// Which logits are trained.
    pub objective: Objective,
    /// Examples, with flipped labels.
    pub training: Vec<Example>,
    /// Examples of other questions, with labels as they were.
    pub held_out: Vec<Example>,
    /// The share of the labels trained on that is not as it was.
    pub wrong: f64,
}

/// Reads the training set, flips and lays out.
pub fn material(
    experiment: &Started<Recipe>,
    model: &Model,
    probability: f64,
    tokenizer: &Tokenizer,
) -> anyhow::Result<Material> {
    let recipe = &experiment.recipe;
    let layout = StepExamples::new(label_rule(&model.rule)?, recipe.max_length);
    let mut noise = Noise::new(model.flipped, probability, recipe.seed);
    let location: Location = experiment.reads(&recipe.train.path).parse()?;
    let set = TrainingSet::open_categories(&location, &recipe.train.categories)?;
    let (mut clean, mut flipped) = (Prepared::default(), Prepared::default());
    for category in set.categories() {
        let mut questions = Vec::new();
        for row in set.rows(category)? {
            let mut row = row?;
            if !questions.contains(&row.question.id) {
                if recipe.train.questions.is_some_and(|most| questions.len() == most.get()) {
                    break;
                }
                questions.push(row.question.id.clone());
            }
            let question = format!("{category}/{}", row.question.id);
            clean.add(&question, layout.example(tokenizer, &row)?);
            noise.flip(&mut row);
            flipped.add(&question, layout.example(tokenizer, &row)?);
        }
    }
    // The same rows are left out of both, so the same questions are held out.
    let hold_out = |prepared: Prepared| prepared.hold_out(recipe.held_out, recipe.training.seed);
    let (clean, Split { training, .. }) = (hold_out(clean), hold_out(flipped));
    let labels = |examples: &[Example]| -> Vec<usize> {
        examples.iter().flat_map(|example| example.targets.iter().map(|target| target.label)).collect()
    };
    let (before, after) = (labels(&clean.training), labels(&training));
    let wrong = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    let wrong = wrong as f64 / after.len().max(1) as f64;
    Ok(Material { objective: layout.objective(tokenizer)?, training, held_out: clean.held_out, wrong })
}
