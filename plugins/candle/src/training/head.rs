//! The output head while training: the loss of labelled positions, and its gradient by their hidden states.

use candle_core::{DType, Device, Tensor};
use rayon::prelude::*;

use super::Loss;
use super::parameters::{Gradients, ParameterId, Parameters};
use crate::Result;
use crate::arithmetic::{Linear, TrainingArithmetic, Weight};

/// Labelled positions whose logits over a vocabulary are in memory together.
const ROWS: usize = 128;

/// A table of token vectors [vocabulary, hidden]: the embedding, or an output head.
#[derive(Debug, Clone)]
pub(super) enum TokenTable {
    /// As its file holds it, or dequantised.
    Frozen(Tensor),
    Trained(ParameterId),
}

impl TokenTable {
    pub fn tensor<'a>(&'a self, parameters: &'a Parameters) -> &'a Tensor {
        match self {
            Self::Frozen(table) => table,
            Self::Trained(id) => parameters.value(*id),
        }
    }
}

/// The rows of the head that are trained on.
#[derive(Debug)]
pub(super) enum TrainedHead {
    /// Of these tokens.
    Tokens { table: TokenTable, tokens: Tensor },
    /// Of all tokens, frozen: ready for products from either side.
    Vocabulary { forward: Weight, backward: Weight },
    /// Of all tokens.
    TrainedVocabulary(ParameterId),
}

/// What the head adds to a pass.
pub(super) struct HeadResult {
    /// The sum of the losses.
    pub loss: f64,
    /// The gradient by the hidden states: [rows, hidden].
    pub gradient: Tensor,
}

/// The labelled rows of a pass, and what is made of their logits.
pub(super) struct Labelled<'a> {
    /// One for each row.
    pub labels: &'a [usize],
    pub loss: &'a dyn Loss,
    /// The gradient is that of the sum of the losses times this.
    pub scale: f64,
}

impl TrainedHead {
    /// Losses and gradients of hidden states [rows, hidden].
    pub fn backward(
        &self,
        hidden: &Tensor,
        labelled: &Labelled<'_>,
        arithmetic: &dyn TrainingArithmetic,
        parameters: &Parameters,
        gradients: &mut Gradients,
    ) -> Result<HeadResult> {
        let mut loss = 0.0;
        let mut parts = Vec::new();
        for first in (0..labelled.labels.len()).step_by(ROWS) {
            let labels = &labelled.labels[first..labelled.labels.len().min(first + ROWS)];
            let hidden = hidden.narrow(0, first, labels.len())?;
            let logits = self.logits(&hidden, arithmetic, parameters)?;
            let (part, slopes) = losses(&logits, labels, labelled)?;
            loss += part;
            parts.push(self.logits_backward(&hidden, &slopes, arithmetic, parameters, gradients)?);
        }
        Ok(HeadResult { loss, gradient: Tensor::cat(&parts, 0)? })
    }

    /// The sum of the losses alone.
    pub fn loss(
        &self,
        hidden: &Tensor,
        labelled: &Labelled<'_>,
        arithmetic: &dyn TrainingArithmetic,
        parameters: &Parameters,
    ) -> Result<f64> {
        let mut loss = 0.0;
        for first in (0..labelled.labels.len()).step_by(ROWS) {
            let labels = &labelled.labels[first..labelled.labels.len().min(first + ROWS)];
            let logits = self.logits(&hidden.narrow(0, first, labels.len())?, arithmetic, parameters)?;
            loss += losses(&logits, labels, labelled)?.0;
        }
        Ok(loss)
    }

    fn logits(&self, hidden: &Tensor, arithmetic: &dyn TrainingArithmetic, parameters: &Parameters) -> Result<Tensor> {
        let weight = match self {
            Self::Tokens { table, tokens } => {
                Weight::Dense(table.tensor(parameters).index_select(tokens, 0)?.to_dtype(DType::F32)?)
            }
            Self::Vocabulary { forward, .. } => forward.clone(),
            Self::TrainedVocabulary(id) => Weight::Dense(parameters.value(*id).clone()),
        };
        arithmetic.linear(hidden, &Linear { weight, bias: None, lora: None })
    }

    /// The gradient by the hidden states, from that by the logits.
    fn logits_backward(
        &self,
        hidden: &Tensor,
        slopes: &Tensor,
        arithmetic: &dyn TrainingArithmetic,
        parameters: &Parameters,
        gradients: &mut Gradients,
    ) -> Result<Tensor> {
        let slopes = slopes.to_device(hidden.device())?.to_dtype(hidden.dtype())?;
        let weight = match self {
            Self::Tokens { table, tokens } => {
                if let TokenTable::Trained(id) = table {
                    let rows = slopes.t()?.matmul(hidden)?.to_dtype(DType::F32)?;
                    gradients.add(*id, &parameters.value(*id).zeros_like()?.index_add(tokens, &rows, 0)?)?;
                }
                Weight::Dense(table.tensor(parameters).index_select(tokens, 0)?.to_dtype(DType::F32)?.t()?)
            }
            Self::Vocabulary { backward, .. } => backward.clone(),
            Self::TrainedVocabulary(id) => {
                gradients.add(*id, &slopes.t()?.matmul(hidden)?)?;
                Weight::Dense(parameters.value(*id).t()?)
            }
        };
        arithmetic.linear(&slopes, &Linear { weight, bias: None, lora: None })
    }
}

/// The sum of the losses of some rows, and the gradient by their logits.
fn losses(logits: &Tensor, labels: &[usize], labelled: &Labelled<'_>) -> Result<(f64, Tensor)> {
    let width = logits.dim(1)?;
    let logits = logits.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
    let mut slopes = vec![0.0_f32; logits.len()];
    let rows = slopes.par_chunks_mut(width).zip(logits.par_chunks(width)).zip(labels);
    let losses: Vec<f64> = rows
        .map(|((slopes, logits), &label)| {
            let loss = labelled.loss.of(logits, label, slopes);
            slopes.iter_mut().for_each(|slope| *slope = (f64::from(*slope) * labelled.scale) as f32);
            loss
        })
        .collect();
    Ok((losses.iter().sum(), Tensor::from_vec(slopes, (labels.len(), width), &Device::Cpu)?))
}
