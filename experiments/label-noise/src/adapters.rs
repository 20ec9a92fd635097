//! Adapters by what they were trained on: nothing is trained twice, and what was interrupted goes on.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use touchstone::Context;
use touchstone_candle::compute::Compute;
use touchstone_candle::source::{ModelFiles, ModelLocation, TrainingNote};
use touchstone_candle::training::{CURVE, Trainer, TrainingJob};

use crate::examples::Material;
use crate::recipe::Recipe;

/// Steps between two saved states.
const CHECKPOINT_EVERY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(24);

/// A trained adapter.
pub struct Adapter {
    /// What it was trained on: equal for equal trainings.
    pub fingerprint: String,
    /// Where it lies.
    pub folder: PathBuf,
    /// Its loss curve.
    pub curve: String,
}

/// Trains on this material, unless it was trained before.
pub fn adapter(
    context: &Context,
    recipe: &Recipe,
    files: &ModelFiles,
    material: &Material,
    work: &Path,
) -> anyhow::Result<Adapter> {
    let trainer = open(recipe, files, material)?;
    let fingerprint = trainer.fingerprint(&material.training)?;
    let folder = std::path::absolute(work.join("adapters").join(&fingerprint))?;
    let note = match folder.is_dir() {
        true => ModelLocation::Path(folder.clone()).training_note(context)?,
        false => None,
    };
    if note.is_none() {
        let job = TrainingJob {
            trainer,
            examples: &material.training,
            held_out: &material.held_out,
            folder: &folder,
            checkpoint_every: CHECKPOINT_EVERY,
            evaluate_every: Some(recipe.evaluate_every),
        };
        let finished = job.run(context)?;
        finished.trainer.save(&folder, &recipe.base)?;
        // The note says that everything is there.
        TrainingNote { fingerprint: fingerprint.clone(), ..TrainingNote::default() }.write(&folder)?;
        finished.remove_checkpoint(&folder)?;
    }
    let curve = std::fs::read_to_string(folder.join(CURVE))?;
    Ok(Adapter { fingerprint, folder, curve })
}

/// The losses of the first steps of a training, without keeping what was trained.
pub fn beginning(recipe: &Recipe, files: &ModelFiles, material: &Material, steps: usize) -> anyhow::Result<Vec<f64>> {
    let mut trainer = open(recipe, files, material)?;
    let mut losses = Vec::new();
    while losses.len() < steps
        && let Some(step) = trainer.step(&material.training)?
    {
        losses.push(step.loss);
    }
    Ok(losses)
}

fn open(recipe: &Recipe, files: &ModelFiles, material: &Material) -> anyhow::Result<Trainer> {
    let load = Compute::default().load_settings()?;
    let (files, objective) = (files.for_decoder()?, material.objective.clone());
    Ok(Trainer::open(&files, None, objective, recipe.training.clone(), &load)?)
}
