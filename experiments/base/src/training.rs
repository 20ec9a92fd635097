//! Next-token training: AdamW, a rate that rises and falls as a cosine, clipped gradients, a log of every step.

use std::f64::consts::PI;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, VarMap};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use tokenizers::Tokenizer;
use touchstone_candle::Decoder;
use touchstone_candle::weights::save_variables;

use crate::batches::{TrainingBatch, Tree, batches};
use crate::corpus::{Corpus, Question};
use crate::cross_entropy::cross_entropy;
use crate::layout::Layout;
use crate::recipe::Training;

/// What is trained, on what, and where its log goes.
pub struct Job<'a> {
    /// The model, over `variables`.
    pub decoder: &'a Decoder,
    /// Its weights.
    pub variables: &'a VarMap,
    /// The vocabulary.
    pub tokenizer: &'a Tokenizer,
    /// The texts.
    pub corpus: &'a Corpus,
    /// How.
    pub training: &'a Training,
    /// Of the order of the questions.
    pub seed: u64,
    /// The model's folder: weights (f16) and log go there.
    pub folder: &'a Path,
}

/// Steps after which the weights are written, so that a training that is cut short leaves a model.
const STEPS_BETWEEN_SAVES: usize = 50;

impl Job<'_> {
    /// Trains. `training_log.csv` gets a row for each step; `held_out_loss` stands in the last one of each epoch.
    pub fn run(&self) -> anyhow::Result<()> {
        let log = self.folder.join("training_log.csv");
        let mut log =
            std::fs::File::create(&log).with_context(|| format!("could not write the log {}", log.display()))?;
        writeln!(log, "step,epoch,tokens,learning_rate,loss,gradient_norm,held_out_loss,seconds")?;
        let order = (0..self.training.epochs).map(|epoch| self.epoch(epoch)).collect::<anyhow::Result<Vec<_>>>()?;
        let total: usize = order.iter().map(|epoch| epoch.batches.len()).sum();
        let variables = sorted(self.variables);
        let mut optimizer = AdamW::new(
            variables.clone(),
            ParamsAdamW { beta2: 0.95, weight_decay: self.training.weight_decay, ..ParamsAdamW::default() },
        )?;
        let held_out = self.held_out()?;
        let start = Instant::now();
        let mut step = 0;
        let mut tokens = 0;
        for (number, epoch) in order.iter().enumerate() {
            for (place, batch) in epoch.batches.iter().enumerate() {
                let batch = TrainingBatch::new(&batch.iter().map(|&tree| &epoch.trees[tree]).collect::<Vec<_>>());
                let rate = self.learning_rate(step, total);
                optimizer.set_learning_rate(rate);
                let loss = loss(self.decoder, &batch)?;
                let mut gradients = loss.backward()?;
                let norm = clip(&mut gradients, &variables, self.training.clip)?;
                optimizer.step(&gradients)?;
                step += 1;
                tokens += batch.batch.tokens.len();
                let held_out = match place + 1 == epoch.batches.len() {
                    true => format!("{:.4}", self.mean_loss(&held_out)?),
                    false => String::new(),
                };
                let (loss, seconds) = (loss.to_scalar::<f32>()?, start.elapsed().as_secs());
                writeln!(log, "{step},{},{tokens},{rate:.6},{loss:.4},{norm:.4},{held_out},{seconds}", number + 1)?;
                if step % STEPS_BETWEEN_SAVES == 0 || step == total {
                    save_variables(self.variables, DType::F16, &self.folder.join("model.safetensors"))?;
                }
                if step % 20 == 0 || !held_out.is_empty() {
                    eprintln!("step {step} of {total}: loss {loss:.3}, {tokens} tokens, {seconds} s {held_out}");
                }
            }
        }
        Ok(())
    }

    /// The trees of an epoch in its own order.
    fn epoch(&self, epoch: usize) -> anyhow::Result<Epoch> {
        let mut questions: Vec<usize> = (0..self.corpus.training.len()).collect();
        questions.shuffle(&mut StdRng::seed_from_u64(self.seed.wrapping_add(epoch as u64)));
        let tree = |question: &usize| self.tree(&self.corpus.training[*question], Layout::of(*question, epoch));
        let trees = questions.iter().map(tree).collect::<anyhow::Result<Vec<_>>>()?;
        let lengths: Vec<usize> = trees.iter().map(Tree::len).collect();
        Ok(Epoch { batches: batches(&lengths, self.training.batch_tokens), trees })
    }

    fn held_out(&self) -> anyhow::Result<Epoch> {
        let trees =
            self.corpus.held_out.iter().enumerate().map(|(place, question)| self.tree(question, Layout::of(place, 0)));
        let trees = trees.collect::<anyhow::Result<Vec<_>>>()?;
        let lengths: Vec<usize> = trees.iter().map(Tree::len).collect();
        Ok(Epoch { batches: batches(&lengths, self.training.batch_tokens), trees })
    }

    fn tree(&self, question: &Question, layout: Layout) -> anyhow::Result<Tree> {
        Tree::encode(self.tokenizer, question, layout, self.training.longest)
    }

    /// The mean over all predictions of all batches.
    fn mean_loss(&self, epoch: &Epoch) -> anyhow::Result<f64> {
        let (mut sum, mut count) = (0.0, 0);
        for batch in &epoch.batches {
            let batch = TrainingBatch::new(&batch.iter().map(|&tree| &epoch.trees[tree]).collect::<Vec<_>>());
            sum += f64::from(loss(self.decoder, &batch)?.to_scalar::<f32>()?) * batch.targets.len() as f64;
            count += batch.targets.len();
        }
        Ok(sum / count.max(1) as f64)
    }

    /// Rises from near 0 over the warm-up, then falls as a cosine to a tenth.
    fn learning_rate(&self, step: usize, total: usize) -> f64 {
        let (highest, warm_up) = (self.training.learning_rate, self.training.warm_up * total as f64);
        let step = step as f64;
        if step < warm_up {
            return highest * (step + 1.0) / (warm_up + 1.0);
        }
        let part = (step - warm_up) / (total as f64 - warm_up).max(1.0);
        highest * (0.1 + 0.45 * (1.0 + (PI * part).cos()))
    }
}

/// Trees, and which of them make a batch.
struct Epoch {
    trees: Vec<Tree>,
    batches: Vec<Vec<usize>>,
}

/// The variables by name, so that sums over them have one order.
fn sorted(variables: &VarMap) -> Vec<Var> {
    let data = variables.data().lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut named: Vec<(&String, &Var)> = data.iter().collect();
    named.sort_by_key(|(name, _)| *name);
    named.into_iter().map(|(_, variable)| variable.clone()).collect()
}

/// Mean cross-entropy of the batch's predictions.
fn loss(decoder: &Decoder, batch: &TrainingBatch) -> anyhow::Result<Tensor> {
    let rows: Vec<usize> = (0..batch.batch.tokens.len()).collect();
    let hidden = decoder.hidden(&batch.batch, &rows)?;
    let rows = Tensor::new(batch.rows.as_slice(), &Device::Cpu)?;
    let logits = decoder.head(&hidden.index_select(&rows, 0)?)?;
    Ok(cross_entropy(&logits, &batch.targets)?)
}

/// Scales all gradients so that their common norm is at most `limit`; gives the norm they had.
fn clip(gradients: &mut GradStore, variables: &[Var], limit: f64) -> anyhow::Result<f64> {
    let mut squares = 0.0;
    for variable in variables {
        let gradient = gradients.get(variable).context("a weight has no gradient")?;
        squares += f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?);
    }
    let norm = squares.sqrt();
    if norm > limit {
        for variable in variables {
            let gradient = gradients.remove(variable).context("a weight has no gradient")?;
            gradients.insert(variable, (gradient * (limit / norm))?);
        }
    }
    Ok(norm)
}
