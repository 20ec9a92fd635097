//! What a decoder computes with: a handful of operations on rows of hidden states.
//!
//! [`Arithmetic`] has two kinds: [`Portable`], over candle's tensors, for every device and for training, and
//! [`Packed`], over our own kernels, for CPUs. The decoder knows
//! nothing of how a weight is kept: it hands [`Stored`] tensors to [`Arithmetic::weight`] once and gets back a
//! [`Weight`].

mod linear;
mod packed;
mod plan;
mod portable;
mod softmax;
mod training;

use std::fmt::Debug;

use candle_core::{Device, Tensor};

pub(crate) use linear::{GatedMlp, Linear, Lora, Weight};
pub(crate) use packed::Packed;
pub(crate) use plan::{AttentionPlan, KeyRange, KeyValue, Packing, SegmentAttention};
pub(crate) use portable::Portable;
pub(crate) use training::TrainingArithmetic;

use crate::Result;
use crate::weights::Stored;

/// The operations of a decoder. Rows are tokens; every row's result depends on that row (in attention: on its keys) only.
pub(crate) trait Arithmetic: Debug + Send + Sync {
    /// Whether [`Arithmetic::weight`] makes something new of a matrix, so that it pays to keep it.
    fn prepares_weights(&self) -> bool {
        false
    }

    /// Makes a matrix ready for [`Arithmetic::linear`], on the device.
    fn weight(&self, stored: Stored) -> Result<Weight>;

    /// `x weightᵀ + bias`, and the adapter's part: [rows, in] to [rows, out].
    fn linear(&self, x: &Tensor, linear: &Linear) -> Result<Tensor>;

    /// Several linear layers of the same input, as queries, keys and values are.
    fn project(&self, x: &Tensor, linears: &[&Linear]) -> Result<Vec<Tensor>> {
        linears.iter().map(|linear| self.linear(x, linear)).collect()
    }

    /// Root-mean-square norm of each run of `weight.len()` numbers of a row: of the row as a whole, or of each head.
    fn rms_norm(&self, x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor>;

    /// Turns the pairs (i, i + head_dim / 2) of every head of `x` [rows, heads * head_dim] by the row's angles.
    fn rotary(&self, x: &Tensor, angles: &Angles) -> Result<Tensor>;

    /// Attention of queries [rows, heads * head_dim] as the plan says; a key range's source is an index into `keys`.
    fn attention(&self, q: &Tensor, keys: &[KeyValue], plan: &AttentionPlan) -> Result<Tensor>;

    /// `residual + linear(x)`.
    fn add_linear(&self, residual: &Tensor, x: &Tensor, linear: &Linear) -> Result<Tensor> {
        Ok((residual + self.linear(x, linear)?)?)
    }

    /// `residual + down(silu(gate(x)) * up(x))`.
    fn add_gated_mlp(&self, residual: &Tensor, x: &Tensor, mlp: &GatedMlp) -> Result<Tensor>;
}

/// Cosine and sine of each row's angles: [rows, head_dim / 2] in f32.
#[derive(Debug, Clone)]
pub(crate) struct Angles {
    /// Cosines.
    pub cos: Tensor,
    /// Sines.
    pub sin: Tensor,
}

impl Angles {
    /// The angles of rows at these positions. Position times frequency is computed in f64: in f32 the angle of a late
    /// position loses digits, in bf16 whole positions.
    pub(crate) fn new(positions: &[usize], frequencies: &[f64], device: &Device) -> Result<Self> {
        let shape = (positions.len(), frequencies.len());
        let angles = || positions.iter().flat_map(|&position| frequencies.iter().map(move |f| position as f64 * f));
        let cos: Vec<f32> = angles().map(|angle| angle.cos() as f32).collect();
        let sin: Vec<f32> = angles().map(|angle| angle.sin() as f32).collect();
        Ok(Self { cos: Tensor::from_vec(cos, shape, device)?, sin: Tensor::from_vec(sin, shape, device)? })
    }

    /// The angles that undo these.
    pub(crate) fn reversed(&self) -> Result<Self> {
        Ok(Self { cos: self.cos.clone(), sin: self.sin.neg()? })
    }

    /// The angles of some of the rows.
    pub(crate) fn select(&self, rows: &Tensor) -> Result<Self> {
        Ok(Self { cos: self.cos.index_select(rows, 0)?, sin: self.sin.index_select(rows, 0)? })
    }
}

/// What a decoder computes with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kernels {
    /// The fastest that the device has: on CPUs packed weights and kernels under which the bits of a row depend on nothing
    /// but that row; elsewhere candle's. Forward only.
    #[default]
    Fastest,
    /// candle's tensor operations, on every device; gradients flow through all of them.
    Differentiable,
}

/// The arithmetic for a device: the one place that chooses.
pub(crate) fn choose(device: &Device, kernels: Kernels) -> Box<dyn Arithmetic> {
    match kernels {
        Kernels::Fastest if device.is_cpu() => Box::new(Packed),
        _ => Box::new(Portable { device: device.clone() }),
    }
}

/// The arithmetic that trains on a device.
pub(crate) fn choose_for_training(device: &Device) -> Box<dyn TrainingArithmetic> {
    match device.is_cpu() {
        true => Box::new(Packed),
        false => Box::new(Portable { device: device.clone() }),
    }
}
