//! Arithmetic over candle's tensors: every device, every float type, and differentiable throughout.
//!
//! candle's fast `rms_norm`, `rope` and `softmax_last_dim` have no backward pass and cut the gradient without a word, so
//! the plain operations are spelt out here.

use candle_core::quantized::QMatMul;
use candle_core::{D, DType, Device, Module, Tensor};

use super::softmax::shares;
use super::{Angles, Arithmetic, AttentionPlan, GatedMlp, KeyValue, Linear, SegmentAttention, Weight};
use crate::Result;
use crate::weights::Stored;

/// Queries that attend at once: bounds the memory of the scores.
const QUERIES: usize = 256;

/// candle's tensors.
#[derive(Debug)]
pub(crate) struct Portable {
    /// Where weights go.
    pub device: Device,
}

impl Arithmetic for Portable {
    fn weight(&self, stored: Stored) -> Result<Weight> {
        Ok(match stored {
            Stored::Dense(tensor) => Weight::Dense(tensor.to_device(&self.device)?),
            Stored::Quantized(blocks) => Weight::Blocks(blocks),
        })
    }

    fn linear(&self, x: &Tensor, linear: &Linear) -> Result<Tensor> {
        let mut y = self.product(x, &linear.weight)?;
        if let Some(bias) = &linear.bias {
            y = y.broadcast_add(bias)?;
        }
        if let Some(lora) = &linear.lora {
            let low = self.product(x, &lora.a)?;
            y = (y + (self.product(&low, &lora.b)? * lora.scale)?)?;
        }
        Ok(y)
    }

    fn rms_norm(&self, x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
        let (rows, width) = x.dims2()?;
        let length = weight.dim(0)?;
        let runs = x.reshape((rows, width / length, length))?.to_dtype(DType::F32)?;
        let mean_square = (runs.sqr()?.sum_keepdim(D::Minus1)? / length as f64)?;
        let normed = runs.broadcast_div(&(mean_square + eps)?.sqrt()?)?;
        Ok(normed.broadcast_mul(weight)?.reshape((rows, width))?.to_dtype(x.dtype())?)
    }

    fn rotary(&self, x: &Tensor, angles: &Angles) -> Result<Tensor> {
        let (rows, width) = x.dims2()?;
        let half = angles.cos.dim(1)?;
        let heads = x.reshape((rows, width / (2 * half), 2 * half))?.to_dtype(DType::F32)?;
        let (first, second) = (heads.narrow(2, 0, half)?, heads.narrow(2, half, half)?);
        let (cos, sin) = (angles.cos.unsqueeze(1)?, angles.sin.unsqueeze(1)?);
        let turned_first = (first.broadcast_mul(&cos)? - second.broadcast_mul(&sin)?)?;
        let turned_second = (second.broadcast_mul(&cos)? + first.broadcast_mul(&sin)?)?;
        let turned = Tensor::cat(&[turned_first, turned_second], 2)?;
        Ok(turned.reshape((rows, width))?.to_dtype(x.dtype())?)
    }

    fn attention(&self, q: &Tensor, keys: &[KeyValue], plan: &AttentionPlan) -> Result<Tensor> {
        let segments: Result<Vec<Tensor>> =
            plan.segments.iter().map(|segment| self.attend(q, keys, plan, segment)).collect();
        Ok(Tensor::cat(&segments?, 0)?)
    }

    fn add_gated_mlp(&self, residual: &Tensor, x: &Tensor, mlp: &GatedMlp) -> Result<Tensor> {
        let gate = self.linear(x, &mlp.gate)?.silu()?;
        let wide = (gate * self.linear(x, &mlp.up)?)?;
        Ok((residual + self.linear(&wide, &mlp.down)?)?)
    }
}

impl Portable {
    /// `x weightᵀ`.
    fn product(&self, x: &Tensor, weight: &Weight) -> Result<Tensor> {
        Ok(match weight {
            Weight::Dense(weight) => x.matmul(&weight.to_dtype(x.dtype())?.t()?)?,
            Weight::Blocks(blocks) => {
                let weight = blocks.dequantize(&self.device)?.to_dtype(x.dtype())?;
                x.matmul(&weight.t()?)?
            }
            Weight::QuantisedMatmul(weight) => quantized(x, weight)?,
            // [`Arithmetic::weight`] above makes none.
            Weight::Packed(_) => {
                let message = "weights that are packed for the kernels met candle's operations".to_owned();
                return Err(candle_core::Error::Msg(message).into());
            }
        })
    }

    fn attend(
        &self,
        q: &Tensor,
        keys: &[KeyValue],
        plan: &AttentionPlan,
        segment: &SegmentAttention,
    ) -> Result<Tensor> {
        let mut runs = (Vec::new(), Vec::new());
        for range in &segment.keys {
            let source = &keys[range.source];
            runs.0.push(source.keys.narrow(0, range.rows.start, range.rows.len())?);
            runs.1.push(source.values.narrow(0, range.rows.start, range.rows.len())?);
        }
        // [kv_heads, keys, head_dim]
        let by_head = |runs: &[Tensor]| -> Result<Tensor> {
            let all = Tensor::cat(runs, 0)?;
            let count = all.dim(0)?;
            Ok(all.reshape((count, plan.kv_heads, plan.head_dim))?.transpose(0, 1)?.contiguous()?)
        };
        let (keys, values) = (by_head(&runs.0)?, by_head(&runs.1)?);
        let mut done = Vec::new();
        for first in (0..segment.queries.len()).step_by(QUERIES) {
            let visible = &segment.visible[first..segment.visible.len().min(first + QUERIES)];
            let q = q.narrow(0, segment.queries.start + first, visible.len())?;
            // No row of this chunk sees more than its last one.
            let seen = visible.last().copied().unwrap_or_default();
            done.push(self.chunk(&q, &keys.narrow(1, 0, seen)?, &values.narrow(1, 0, seen)?, plan, visible)?);
        }
        Ok(Tensor::cat(&done, 0)?)
    }

    /// Attention of some queries [rows, heads * head_dim] over keys and values [kv_heads, keys, head_dim].
    fn chunk(
        &self,
        q: &Tensor,
        keys: &Tensor,
        values: &Tensor,
        plan: &AttentionPlan,
        visible: &[usize],
    ) -> Result<Tensor> {
        let (rows, seen) = (visible.len(), keys.dim(1)?);
        let group = plan.heads / plan.kv_heads;
        let q = q.reshape((rows, plan.heads, plan.head_dim))?.transpose(0, 1)?;
        let q = q.contiguous()?.reshape((plan.kv_heads, group * rows, plan.head_dim))?;
        let scale = 1.0 / (plan.head_dim as f64).sqrt();
        let scores = q.matmul(&keys.t()?.contiguous()?)?.to_dtype(DType::F32)?.reshape((plan.heads, rows, seen))?;
        let shares = shares(&scores, visible, scale)?.to_dtype(values.dtype())?;
        let mixed = shares.reshape((plan.kv_heads, group * rows, seen))?.matmul(&values.contiguous()?)?;
        let mixed = mixed.reshape((plan.heads, rows, plan.head_dim))?.transpose(0, 1)?;
        Ok(mixed.contiguous()?.reshape((rows, plan.heads * plan.head_dim))?)
    }
}

fn quantized(x: &Tensor, weight: &QMatMul) -> Result<Tensor> {
    Ok(weight.forward(&x.to_dtype(DType::F32)?)?.to_dtype(x.dtype())?)
}
