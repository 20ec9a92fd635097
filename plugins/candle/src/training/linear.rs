//! Linear layers of which something may be trained: a low-rank part beside a frozen matrix, or the matrix itself.

use candle_core::{DType, Tensor};

use super::dropout::Dropout;
use super::layer::Pass;
use super::parameters::{Gradients, ParameterId};
use crate::Result;
use crate::arithmetic::{Linear, Weight};

/// A vector: a bias, or the factors of a norm.
#[derive(Debug)]
pub(super) enum Vector {
    Frozen(Tensor),
    Trained(ParameterId),
}

/// A matrix [out, in].
#[derive(Debug)]
pub(super) enum Matrix {
    /// Ready for products from either side: the backward pass multiplies with the transpose.
    Frozen {
        forward: Weight,
        backward: Weight,
    },
    Trained(ParameterId),
}

/// `scale * dropout(x) aᵀ bᵀ`.
#[derive(Debug)]
pub(super) struct LowRank {
    pub a: ParameterId,
    pub b: ParameterId,
    pub scale: f64,
    /// Tells this layer's dropout from the others'.
    pub site: u64,
}

/// A linear layer.
#[derive(Debug)]
pub(super) struct TrainedLinear {
    pub matrix: Matrix,
    pub bias: Option<Vector>,
    pub low_rank: Option<LowRank>,
}

/// What the backward pass of a linear layer needs of the forward pass besides its input.
#[derive(Debug)]
pub(super) struct LinearTrace {
    /// `dropout(x) aᵀ`.
    low: Option<Tensor>,
}

impl Vector {
    pub fn tensor<'a>(&'a self, pass: &'a Pass<'_>) -> &'a Tensor {
        match self {
            Self::Frozen(tensor) => tensor,
            Self::Trained(id) => pass.parameters.value(*id),
        }
    }
}

impl TrainedLinear {
    /// The layer's rows; `dropout` is that of these rows, before the low-rank part.
    pub fn forward(&self, x: &Tensor, pass: &Pass<'_>, dropout: Option<&Dropout>) -> Result<(Tensor, LinearTrace)> {
        let weight = match &self.matrix {
            Matrix::Frozen { forward, .. } => forward.clone(),
            Matrix::Trained(id) => Weight::Dense(pass.parameters.value(*id).clone()),
        };
        let bias = self.bias.as_ref().map(|bias| bias.tensor(pass).to_dtype(x.dtype())).transpose()?;
        let y = pass.arithmetic.linear(x, &Linear { weight, bias, lora: None })?;
        let Some(low_rank) = &self.low_rank else { return Ok((y, LinearTrace { low: None })) };
        let mask = low_rank.mask(x, dropout)?;
        let low = plain(&dropped(x, mask.as_ref())?, pass.parameters.value(low_rank.a), pass)?;
        let scaled = (&low * low_rank.scale)?;
        let y = pass.arithmetic.add_linear(&y, &scaled, &layer(pass.parameters.value(low_rank.b)))?;
        Ok((y, LinearTrace { low: Some(low) }))
    }

    /// Adds the parameters' gradients and gives that of the input `x`, from that of the output, `dy`.
    pub fn backward(
        &self,
        x: &Tensor,
        trace: &LinearTrace,
        dy: &Tensor,
        (pass, dropout): (&Pass<'_>, Option<&Dropout>),
        gradients: &mut Gradients,
    ) -> Result<Tensor> {
        let weight = match &self.matrix {
            Matrix::Frozen { backward, .. } => backward.clone(),
            Matrix::Trained(id) => {
                gradients.add(*id, &dy.t()?.matmul(x)?)?;
                Weight::Dense(pass.parameters.value(*id).t()?)
            }
        };
        if let Some(Vector::Trained(id)) = &self.bias {
            gradients.add(*id, &dy.to_dtype(DType::F32)?.sum(0)?)?;
        }
        let dx = pass.arithmetic.linear(dy, &Linear { weight, bias: None, lora: None })?;
        let (Some(low_rank), Some(low)) = (&self.low_rank, &trace.low) else { return Ok(dx) };
        let dlow = (plain(dy, &pass.parameters.value(low_rank.b).t()?, pass)? * low_rank.scale)?;
        gradients.add(low_rank.b, &(dy.t()?.matmul(low)? * low_rank.scale)?)?;
        // Drawn again, where keeping it would cost as much memory as the input.
        let mask = low_rank.mask(x, dropout)?;
        gradients.add(low_rank.a, &dlow.t()?.matmul(&dropped(x, mask.as_ref())?)?)?;
        match mask {
            None => pass.arithmetic.add_linear(&dx, &dlow, &layer(&pass.parameters.value(low_rank.a).t()?)),
            Some(mask) => Ok((dx + (plain(&dlow, &pass.parameters.value(low_rank.a).t()?, pass)? * mask)?)?),
        }
    }
}

impl LowRank {
    fn mask(&self, x: &Tensor, dropout: Option<&Dropout>) -> Result<Option<Tensor>> {
        let Some(dropout) = dropout else { return Ok(None) };
        Ok(Some(dropout.mask(self.site, x.dim(1)?, x.device())?.to_dtype(x.dtype())?))
    }
}

fn dropped(x: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
    Ok(match mask {
        Some(mask) => (x * mask)?,
        None => x.clone(),
    })
}

fn layer(weight: &Tensor) -> Linear {
    Linear { weight: Weight::Dense(weight.clone()), bias: None, lora: None }
}

/// `x weightᵀ`.
fn plain(x: &Tensor, weight: &Tensor, pass: &Pass<'_>) -> Result<Tensor> {
    pass.arithmetic.linear(x, &layer(weight))
}
