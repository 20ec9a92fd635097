//! Arithmetic on CPUs, over the kernels of `touchstone-kernel`: weights are packed once, everything is f32, and the bits of
//! a row depend on that row alone. Forward only.

use std::ops::{Deref, Range};
use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{CpuStorage, DType, Device, Module, Storage, Tensor};
use touchstone_kernel::{
    AttentionShape, BlockFormat, Keys, PackedKeys, PackedMatrix, Projection, RowAngles, Run, Segment,
};

use super::{Angles, Arithmetic, AttentionPlan, GatedMlp, KeyValue, Linear, Lora, Packing, Weight};
use crate::weights::Stored;
use crate::{Error, Result};

/// The kernels.
#[derive(Debug)]
pub(crate) struct Packed;

impl Arithmetic for Packed {
    fn prepares_weights(&self) -> bool {
        true
    }

    fn weight(&self, stored: Stored) -> Result<Weight> {
        Ok(match stored {
            Stored::Dense(matrix) => Weight::Packed(Arc::new(pack(&matrix)?)),
            Stored::Quantized(blocks) => match pack_blocks(&blocks)? {
                Some(matrix) => Weight::Packed(Arc::new(matrix)),
                None => Weight::Blocks(blocks),
            },
        })
    }

    fn linear(&self, x: &Tensor, linear: &Linear) -> Result<Tensor> {
        let rows = x.dim(0)?;
        let bias = linear.bias.as_ref().map(values_of).transpose()?;
        let mut y = product_with(x, &linear.weight, bias.as_deref())?;
        if let Some(lora) = &linear.lora {
            add_lora(x, lora, &mut y)?;
        }
        tensor(y, rows)
    }

    fn project(&self, x: &Tensor, linears: &[&Linear]) -> Result<Vec<Tensor>> {
        let rows = x.dim(0)?;
        let mut biases = Vec::with_capacity(linears.len());
        let mut outputs = Vec::with_capacity(linears.len());
        for linear in linears {
            let Linear { weight: Weight::Packed(matrix), bias, lora: None } = linear else {
                return linears.iter().map(|linear| self.linear(x, linear)).collect();
            };
            biases.push(bias.as_ref().map(values_of).transpose()?);
            outputs.push((matrix, vec![0.0; rows * matrix.outputs()]));
        }
        let mut projections = Vec::with_capacity(linears.len());
        for ((matrix, y), bias) in outputs.iter_mut().zip(&biases) {
            projections.push(Projection { weights: matrix, bias: bias.as_deref(), y });
        }
        touchstone_kernel::project(&values_of(x)?, &mut projections)?;
        outputs.into_iter().map(|(_, y)| tensor(y, rows)).collect()
    }

    fn rms_norm(&self, x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
        let values = values_of(x)?;
        let mut y = vec![0.0; values.len()];
        touchstone_kernel::rms_norm(&values, &values_of(weight)?, eps as f32, &mut y)?;
        tensor(y, x.dim(0)?)
    }

    fn rotary(&self, x: &Tensor, angles: &Angles) -> Result<Tensor> {
        let (cosines, sines) = (values_of(&angles.cos)?, values_of(&angles.sin)?);
        let frequencies = angles.cos.dim(1)?;
        let mut turned = values_of(x)?.to_vec();
        let angles = RowAngles { frequencies, cosines: &cosines, sines: &sines };
        touchstone_kernel::rotate(&mut turned, 2 * frequencies, &angles)?;
        tensor(turned, x.dim(0)?)
    }

    fn attention(&self, q: &Tensor, keys: &[KeyValue], plan: &AttentionPlan) -> Result<Tensor> {
        let sources = keys.iter().map(|source| Ok((values_of(&source.keys)?, values_of(&source.values)?)));
        let sources = sources.collect::<Result<Vec<_>>>()?;
        let width = plan.kv_heads * plan.head_dim;
        let packed = keys.iter().map(|source| packed_once(source, plan)).collect::<Result<Vec<_>>>()?;
        let segment = |segment: &super::SegmentAttention| Segment {
            queries: segment.queries.clone(),
            visible: segment.visible.clone(),
            keys: segment
                .keys
                .iter()
                .map(|run| match packed[run.source] {
                    Some(packed) if run.rows == (0..packed.len()) => Run::Packed(packed),
                    _ => {
                        let (keys, values) = &sources[run.source];
                        let rows = run.rows.start * width..run.rows.end * width;
                        Run::Rows(Keys { k: &keys[rows.clone()], v: &values[rows] })
                    }
                })
                .collect(),
        };
        let segments: Vec<Segment<'_>> = plan.segments.iter().map(segment).collect();
        let scale = (1.0 / (plan.head_dim as f64).sqrt()) as f32;
        let shape = AttentionShape { heads: plan.heads, kv_heads: plan.kv_heads, head_dim: plan.head_dim, scale };
        let q_values = values_of(q)?;
        let mut mixed = vec![0.0; q_values.len()];
        touchstone_kernel::attention(&q_values, &shape, &segments, &mut mixed)?;
        tensor(mixed, q.dim(0)?)
    }

    fn add_linear(&self, residual: &Tensor, x: &Tensor, linear: &Linear) -> Result<Tensor> {
        let mut y = values_of(residual)?.to_vec();
        match linear {
            Linear { weight: Weight::Packed(matrix), bias: None, lora: None } => {
                touchstone_kernel::linear_add(&values_of(x)?, matrix, &mut y)?;
            }
            _ => touchstone_kernel::add(&values_of(&self.linear(x, linear)?)?, &mut y)?,
        }
        tensor(y, residual.dim(0)?)
    }

    fn add_gated_mlp(&self, residual: &Tensor, x: &Tensor, mlp: &GatedMlp) -> Result<Tensor> {
        if let [Some(gate), Some(up), Some(down)] = [&mlp.gate, &mlp.up, &mlp.down].map(plain) {
            let mut y = values_of(residual)?.to_vec();
            touchstone_kernel::GatedMlp::new(gate, up, down)?.add_to(&values_of(x)?, &mut y)?;
            return tensor(y, residual.dim(0)?);
        }
        let mut gate = values_of(&self.linear(x, &mlp.gate)?)?.to_vec();
        touchstone_kernel::silu_gate(&mut gate, &values_of(&self.linear(x, &mlp.up)?)?)?;
        self.add_linear(residual, &tensor(gate, x.dim(0)?)?, &mlp.down)
    }
}

/// The packed keys of a source that is kept: packed now, if nobody did so before.
fn packed_once<'s>(source: &'s KeyValue, plan: &AttentionPlan) -> Result<Option<&'s PackedKeys>> {
    let Packing::Kept(packed) = &source.packed else { return Ok(None) };
    if packed.get().is_none() {
        let rows = Keys { k: &values_of(&source.keys)?, v: &values_of(&source.values)? };
        // Another pass may have been faster; both have the same.
        let _ = packed.set(PackedKeys::pack(&rows, plan.kv_heads, plan.head_dim)?);
    }
    Ok(packed.get())
}

/// The matrix of a layer that is nothing but a packed matrix.
fn plain(linear: &Linear) -> Option<Arc<PackedMatrix>> {
    match linear {
        Linear { weight: Weight::Packed(matrix), bias: None, lora: None } => Some(Arc::clone(matrix)),
        _ => None,
    }
}

fn pack(matrix: &Tensor) -> Result<PackedMatrix> {
    let (outputs, inputs) = matrix.dims2()?;
    let matrix = matrix.to_device(&Device::Cpu)?.contiguous()?;
    let (storage, layout) = matrix.storage_and_layout();
    let range = layout.contiguous_offsets().map(|(start, end)| start..end).ok_or_else(unexpected)?;
    Ok(match &*storage {
        Storage::Cpu(CpuStorage::F32(values)) => PackedMatrix::from_f32(&values[range], outputs, inputs)?,
        Storage::Cpu(CpuStorage::F16(values)) => PackedMatrix::from_f16(&values[range], outputs, inputs)?,
        Storage::Cpu(CpuStorage::BF16(values)) => PackedMatrix::from_bf16(&values[range], outputs, inputs)?,
        _ => return Err(unexpected()),
    })
}

/// Blocks in the order of the kernels, with the bits that they have, where the kernels know the format.
fn pack_blocks(blocks: &QTensor) -> Result<Option<PackedMatrix>> {
    let format = match blocks.dtype() {
        GgmlDType::Q4_0 => BlockFormat::Q4_0,
        GgmlDType::Q4_1 => BlockFormat::Q4_1,
        GgmlDType::Q8_0 => BlockFormat::Q8_0,
        _ => return Ok(None),
    };
    let (outputs, inputs) = blocks.shape().dims2()?;
    Ok(Some(PackedMatrix::from_blocks(&blocks.data()?, format, outputs, inputs)?))
}

/// `x weightᵀ + bias`, row by row, however the weight is kept.
fn product_with(x: &Tensor, weight: &Weight, bias: Option<&[f32]>) -> Result<Vec<f32>> {
    match weight {
        Weight::Packed(matrix) => product(x, matrix, bias),
        Weight::Blocks(blocks) => product(x, &pack(&blocks.dequantize(&Device::Cpu)?)?, bias),
        Weight::Dense(matrix) => product(x, &pack(matrix)?, bias),
        Weight::QuantisedMatmul(matrix) => quantised_product(x, matrix, bias),
    }
}

/// `x matrixᵀ + bias`, row by row.
fn product(x: &Tensor, matrix: &PackedMatrix, bias: Option<&[f32]>) -> Result<Vec<f32>> {
    let mut y = vec![0.0; x.dim(0)? * matrix.outputs()];
    touchstone_kernel::linear(&values_of(x)?, matrix, bias, &mut y)?;
    Ok(y)
}

fn quantised_product(x: &Tensor, matrix: &QMatMul, bias: Option<&[f32]>) -> Result<Vec<f32>> {
    let mut y = values_of(&matrix.forward(x)?)?.to_vec();
    if let Some(bias) = bias {
        y.chunks_mut(bias.len()).for_each(|row| row.iter_mut().zip(bias).for_each(|(y, bias)| *y += bias));
    }
    Ok(y)
}

/// Adds `scale * (x aᵀ) bᵀ` to `y`.
fn add_lora(x: &Tensor, lora: &Lora, y: &mut [f32]) -> Result<()> {
    let mut low = product_with(x, &lora.a, None)?;
    low.iter_mut().for_each(|value| *value *= lora.scale as f32);
    let change = product_with(&tensor(low, x.dim(0)?)?, &lora.b, None)?;
    Ok(touchstone_kernel::add(&change, y)?)
}

/// Rows as a tensor.
pub(super) fn tensor(values: Vec<f32>, rows: usize) -> Result<Tensor> {
    let width = values.len().checked_div(rows).unwrap_or_default();
    Ok(Tensor::from_vec(values, (rows, width), &Device::Cpu)?)
}

/// The numbers of an f32 tensor on the CPU, without a copy where they lie one after the other.
pub(super) enum Values<G> {
    Borrowed(G, Range<usize>),
    Owned(Vec<f32>),
}

pub(super) fn values_of(tensor: &Tensor) -> Result<Values<impl Deref<Target = Storage> + '_>> {
    let (storage, layout) = tensor.storage_and_layout();
    match (&*storage, layout.contiguous_offsets()) {
        (Storage::Cpu(CpuStorage::F32(_)), Some((start, end))) => Ok(Values::Borrowed(storage, start..end)),
        _ => Ok(Values::Owned(tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?)),
    }
}

impl<G: Deref<Target = Storage>> Deref for Values<G> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match self {
            Self::Borrowed(storage, range) => match &**storage {
                Storage::Cpu(CpuStorage::F32(values)) => &values[range.clone()],
                // `values_of` borrows nothing else.
                _ => &[],
            },
            Self::Owned(values) => values,
        }
    }
}

fn unexpected() -> Error {
    candle_core::Error::Msg("weights of a linear layer must be f32, f16 or bf16, one after the other".to_owned()).into()
}
