//! Steps of training.

use candle_core::Tensor;

use super::batches::{micro_batches, order, step};
use super::build::{self, Parts};
use super::model::{MicroBatch, TrainedModel};
use super::optimiser::{AdamW, Stride};
use super::parameters::Gradients;
use super::{CrossEntropy, Example, Loss, Objective, TrainingSettings};
use crate::adapter::AdapterFiles;
use crate::decoder::LoadSettings;
use crate::weights::ModelFiles;
use crate::{Config, Error, Result};

/// A model with what training it takes: gradients flow to what is trained alone, and the same seed gives the same bits.
///
/// ```
/// use touchstone_candle::decoder::LoadSettings;
/// use touchstone_candle::training::{Example, Objective, Target, Trainer, TrainingSettings};
/// use touchstone_candle::weights::ModelFiles;
///
/// let files = ModelFiles::Folder("tests/golden/models/llama".into());
/// let settings = TrainingSettings { learning_rate: 1e-2, warmup_ratio: 0.0, batch: 2, epochs: 5.0, ..Default::default() };
/// // Token 11 is to be likelier than token 10 after one text, and less likely after another.
/// let objective = Objective::Tokens(vec![10, 11]);
/// let mut trainer = Trainer::open(&files, None, objective, settings, &LoadSettings::default())?;
/// let text = |tokens: &[u32], label| Example { tokens: tokens.to_vec(), targets: vec![Target { position: 2, label }] };
/// let examples = [text(&[5, 6, 7], 1), text(&[5, 6, 8], 0)];
/// let before = trainer.held_out_loss(&examples)?;
/// while let Some(step) = trainer.step(&examples)? {
///     println!("step {}: loss {}", step.step, step.loss);
/// }
/// assert!(trainer.held_out_loss(&examples)? < before);
/// # Ok::<(), touchstone_candle::Error>(())
/// ```
pub struct Trainer {
    pub(super) model: TrainedModel,
    pub(super) settings: TrainingSettings,
    pub(super) optimiser: AdamW,
    objective: Objective,
    loss: Box<dyn Loss>,
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Its number, from 1.
    pub step: usize,
    /// How often the examples had been gone through after it.
    pub epoch: f64,
    /// The mean loss over its labelled positions, before it.
    pub loss: f64,
    /// The norm of all gradients, before clipping.
    pub gradient_norm: f64,
    /// The learning rate that it took.
    pub learning_rate: f64,
    /// Tokens that it read.
    pub tokens: usize,
}

impl Trainer {
    /// Loads a model to be trained for an objective. `begin` is a LoRA adapter to go on from; without one, what is trained
    /// begins anew.
    ///
    /// # Errors
    /// What is wrong with the settings, or with the files of model and adapter.
    pub fn open(
        files: &ModelFiles,
        begin: Option<&AdapterFiles>,
        objective: Objective,
        settings: TrainingSettings,
        load: &LoadSettings,
    ) -> Result<Self> {
        settings.check()?;
        let parts =
            Parts { files, adapter: begin, trained: &settings.trained, objective: &objective, seed: settings.seed };
        let model = build::load(parts, load)?;
        let optimiser = AdamW::new(&model.parameters)?;
        Ok(Self { model, settings, optimiser, objective, loss: Box::new(CrossEntropy) })
    }

    /// With another loss than [`CrossEntropy`].
    pub fn with_loss(mut self, loss: impl Loss + 'static) -> Self {
        self.loss = Box::new(loss);
        self
    }

    /// The model's shape and constants.
    pub fn config(&self) -> &Config {
        &self.model.config
    }

    /// How it is trained.
    pub fn settings(&self) -> &TrainingSettings {
        &self.settings
    }

    /// What it is trained for.
    pub fn objective(&self) -> &Objective {
        &self.objective
    }

    /// How many numbers are trained.
    pub fn trained_numbers(&self) -> usize {
        self.model.parameters.numbers()
    }

    /// Steps taken so far.
    pub fn steps_taken(&self) -> usize {
        self.optimiser.steps
    }

    /// The next step over `examples`, which must be the same ones each time; `None` once all steps are taken.
    ///
    /// # Errors
    /// Where an example is malformed, or the loss is no number any more.
    pub fn step(&mut self, examples: &[Example]) -> Result<Option<Step>> {
        let taken = self.optimiser.steps;
        let steps = self.settings.steps(examples.len());
        if taken >= steps {
            return Ok(None);
        }
        let (epoch, places) = step(examples.len(), self.settings.batch, taken);
        let order = order(examples.len(), self.settings.shuffle, self.settings.seed, epoch);
        let chosen: Vec<&Example> = order[places.clone()].iter().map(|&index| &examples[index]).collect();
        let warm_up = (self.settings.warmup_ratio * steps as f64).ceil() as usize;
        let learning_rate = self.settings.learning_rate * self.settings.schedule.factor(taken, warm_up, steps);

        // In the pool from the start: handing every operation over to it would take longer than some of them.
        let (loss, gradients) = rayon::scope(|_| self.gradients(&chosen))?;
        if !loss.is_finite() {
            let message = format!(
                "the loss is {loss} at step {}: nothing can be learnt from here on; a lower learning_rate may help",
                taken + 1
            );
            return Err(Error::Training { message });
        }
        let stride = Stride {
            learning_rate,
            weight_decay: self.settings.weight_decay,
            max_gradient_norm: self.settings.max_gradient_norm,
        };
        let gradient_norm = self.optimiser.step(&mut self.model.parameters, &gradients, stride)?;
        Ok(Some(Step {
            step: taken + 1,
            epoch: epoch as f64 + places.end as f64 / examples.len() as f64,
            loss,
            gradient_norm,
            learning_rate,
            tokens: chosen.iter().map(|example| example.tokens.len()).sum(),
        }))
    }

    /// The mean loss over the labelled positions of examples that are not trained on, without dropout.
    ///
    /// # Errors
    /// Where an example is malformed.
    pub fn held_out_loss(&self, examples: &[Example]) -> Result<f64> {
        let chosen: Vec<&Example> = examples.iter().collect();
        let positions = self.check(&chosen)?;
        let mut sum = 0.0;
        for range in self.groups(&chosen) {
            let batch = MicroBatch { examples: chosen[range].to_vec(), places: Vec::new(), seed: 0, step: 0 };
            sum += self.model.loss(&batch, self.loss.as_ref())?;
        }
        Ok(sum / positions as f64)
    }

    /// The mean loss over the labelled positions of a step's examples, and its gradients.
    pub(super) fn gradients(&self, examples: &[&Example]) -> Result<(f64, Gradients)> {
        let positions = self.check(examples)? as f64;
        let mut gradients = Gradients::none(&self.model.parameters);
        let mut sum = 0.0;
        for range in self.groups(examples) {
            let batch = MicroBatch {
                examples: examples[range.clone()].to_vec(),
                places: range.collect(),
                seed: self.settings.seed,
                step: self.optimiser.steps,
            };
            let goal = (self.loss.as_ref(), 1.0 / positions);
            sum += self.model.backward(&batch, goal, self.settings.recompute, &mut gradients)?;
        }
        Ok((sum / positions, gradients))
    }

    fn groups(&self, examples: &[&Example]) -> Vec<std::ops::Range<usize>> {
        let lengths: Vec<usize> = examples.iter().map(|example| example.tokens.len()).collect();
        micro_batches(&lengths, self.settings.max_batch_tokens)
    }

    /// Gives the number of labelled positions.
    fn check(&self, examples: &[&Example]) -> Result<usize> {
        examples.iter().try_for_each(|example| example.check(self.model.labels))?;
        Ok(examples.iter().map(|example| example.targets.len()).sum())
    }

    /// What is trained, by the names in the file that it is saved in.
    pub(super) fn named(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.model.parameters.iter().map(|parameter| (parameter.name.as_str(), &parameter.value))
    }
}

impl std::fmt::Debug for Trainer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Trainer").field("settings", &self.settings).finish_non_exhaustive()
    }
}
