//! A model while it is trained: a pass over some examples, forward and backward.

use candle_core::{DType, Device, Tensor};

use super::dropout::{Dropout, row_number};
use super::head::{HeadResult, Labelled, TokenTable, TrainedHead};
use super::layer::{Layer, LayerTrace, Pass, Selection, norm_backward};
use super::linear::Vector;
use super::parameters::{Gradients, Parameters};
use super::{Example, Loss};
use crate::arithmetic::{Angles, AttentionPlan, KeyRange, SegmentAttention, TrainingArithmetic};
use crate::config::Config;
use crate::{Error, Result};

/// A model of which something is trained.
#[derive(Debug)]
pub(super) struct TrainedModel {
    pub config: Config,
    pub device: Device,
    pub arithmetic: Box<dyn TrainingArithmetic>,
    /// The type of hidden states.
    pub dtype: DType,
    pub frequencies: Vec<f64>,
    pub embedding: TokenTable,
    pub layers: Vec<Layer>,
    pub norm: Vector,
    pub head: TrainedHead,
    /// Logits of the head.
    pub labels: usize,
    pub parameters: Parameters,
    pub dropout: f64,
}

/// Some examples that are computed together.
pub(super) struct MicroBatch<'a> {
    pub examples: Vec<&'a Example>,
    /// For dropout: of each example, its place in the step. Empty: nothing is dropped.
    pub places: Vec<usize>,
    pub seed: u64,
    pub step: usize,
}

impl MicroBatch<'_> {
    fn tokens(&self) -> Vec<u32> {
        self.examples.iter().flat_map(|example| example.tokens.iter().copied()).collect()
    }

    fn positions(&self) -> Vec<usize> {
        self.examples.iter().flat_map(|example| 0..example.tokens.len()).collect()
    }

    fn row_numbers(&self) -> Vec<u64> {
        let rows = self.examples.iter().zip(&self.places).flat_map(|(example, &place)| {
            (0..example.tokens.len()).map(move |position| row_number(self.seed, self.step, place, position))
        });
        rows.collect()
    }

    /// The rows that are labelled, and their labels.
    fn labelled(&self) -> (Vec<u32>, Vec<usize>) {
        let mut first = 0;
        let (mut rows, mut labels) = (Vec::new(), Vec::new());
        for example in &self.examples {
            rows.extend(example.targets.iter().map(|target| (first + target.position) as u32));
            labels.extend(example.targets.iter().map(|target| target.label));
            first += example.tokens.len();
        }
        (rows, labels)
    }

    /// The attention of every text over itself.
    fn plan(&self, config: &Config) -> AttentionPlan {
        let mut segments = Vec::with_capacity(self.examples.len());
        let mut first = 0;
        for example in self.examples.iter().filter(|example| !example.tokens.is_empty()) {
            let rows = first..first + example.tokens.len();
            first = rows.end;
            segments.push(SegmentAttention {
                queries: rows.clone(),
                visible: (1..=rows.len()).collect(),
                keys: vec![KeyRange { source: 0, rows }],
            });
        }
        AttentionPlan { heads: config.heads, kv_heads: config.kv_heads, head_dim: config.head_dim, segments }
    }
}

/// What a pass forward leaves.
struct Forward<'m> {
    pass: Pass<'m>,
    selection: Selection,
    labels: Vec<usize>,
    /// What came into each block; and what the blocks computed, where it is kept.
    inputs: Vec<Tensor>,
    traces: Vec<LayerTrace>,
    /// Of the labelled rows, after all blocks.
    last: Tensor,
    hidden: Tensor,
}

impl TrainedModel {
    /// The sum of the losses; adds the gradients of the sum times `scale`.
    pub fn backward(
        &self,
        batch: &MicroBatch<'_>,
        (loss, scale): (&dyn Loss, f64),
        recompute: bool,
        gradients: &mut Gradients,
    ) -> Result<f64> {
        let Forward { pass, selection, labels, mut inputs, mut traces, last, hidden } =
            self.forward(batch, !recompute)?;
        let labelled = Labelled { labels: &labels, loss, scale };
        let HeadResult { loss, gradient } =
            self.head.backward(&hidden, &labelled, pass.arithmetic, &self.parameters, gradients)?;
        let mut gradient = norm_backward(&self.norm, None, &last, &gradient, &pass, gradients)?;
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let selection = (index + 1 == self.layers.len()).then_some(&selection);
            let (Some(x), trace) = (inputs.pop(), traces.pop()) else { return Err(lost()) };
            let trace = match trace {
                Some(trace) => trace,
                None => layer.forward(&x, &pass, selection)?.1,
            };
            gradient = layer.backward(&x, &trace, &gradient, &pass, selection, gradients)?;
        }
        if let TokenTable::Trained(id) = &self.embedding {
            let tokens = Tensor::new(batch.tokens(), &self.device)?;
            let table = self.parameters.value(*id).zeros_like()?;
            gradients.add(*id, &table.index_add(&tokens, &gradient.to_dtype(DType::F32)?, 0)?)?;
        }
        Ok(loss)
    }

    /// The sum of the losses.
    pub fn loss(&self, batch: &MicroBatch<'_>, loss: &dyn Loss) -> Result<f64> {
        let forward = self.forward(batch, false)?;
        let labelled = Labelled { labels: &forward.labels, loss, scale: 1.0 };
        self.head.loss(&forward.hidden, &labelled, self.arithmetic.as_ref(), &self.parameters)
    }

    fn forward(&self, batch: &MicroBatch<'_>, keep: bool) -> Result<Forward<'_>> {
        let tokens = batch.tokens();
        if let Some(token) = tokens.iter().find(|&&token| token as usize >= self.config.vocabulary) {
            let message = format!("token {token} is beyond the model's vocabulary of {}", self.config.vocabulary);
            return Err(Error::Batch { message });
        }
        let (rows, labels) = batch.labelled();
        let numbers = match self.dropout > 0.0 && !batch.places.is_empty() {
            true => Some(batch.row_numbers()),
            false => None,
        };
        let dropout = |rows: Vec<u64>| Dropout { probability: self.dropout, rows };
        let selected = |numbers: &Vec<u64>| dropout(rows.iter().map(|&row| numbers[row as usize]).collect());
        let selection =
            Selection { dropout: numbers.as_ref().map(selected), rows: Tensor::new(rows.as_slice(), &self.device)? };
        let angles = Angles::new(&batch.positions(), &self.frequencies, &self.device)?;
        let pass = Pass {
            arithmetic: self.arithmetic.as_ref(),
            parameters: &self.parameters,
            eps: self.config.norm_eps,
            reversed: angles.reversed()?,
            angles,
            plan: batch.plan(&self.config),
            dropout: numbers.map(dropout),
        };
        let table = self.embedding.tensor(&self.parameters);
        let mut x = table.index_select(&Tensor::new(tokens, &self.device)?, 0)?.to_dtype(self.dtype)?;
        let (mut inputs, mut traces) = (Vec::new(), Vec::new());
        for (index, layer) in self.layers.iter().enumerate() {
            let selection = (index + 1 == self.layers.len()).then_some(&selection);
            let (after, trace) = layer.forward(&x, &pass, selection)?;
            inputs.push(std::mem::replace(&mut x, after));
            if keep {
                traces.push(trace);
            }
        }
        let hidden = pass.arithmetic.rms_norm(&x, self.norm.tensor(&pass), pass.eps)?;
        Ok(Forward { pass, selection, labels, inputs, traces, last: x, hidden })
    }
}

fn lost() -> Error {
    candle_core::Error::Msg("a pass has fewer inputs than blocks".to_owned()).into()
}
