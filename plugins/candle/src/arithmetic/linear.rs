//! Linear layers: a weight, kept as an arithmetic likes it, a bias, and an adapter's low-rank part.

use std::sync::Arc;

use candle_core::Tensor;
use candle_core::quantized::{QMatMul, QTensor};
use touchstone_kernel::PackedMatrix;

/// A matrix [out, in], kept as an arithmetic likes it.
#[derive(Debug, Clone)]
pub(crate) enum Weight {
    /// Numbers of a float type, in the order of the kernels.
    Packed(Arc<PackedMatrix>),
    /// Numbers of some float type; converted to the input's at use where they differ.
    Dense(Tensor),
    /// Quantised blocks, made f32 at use.
    Blocks(Arc<QTensor>),
    /// Quantised blocks that meet quantised inputs: faster, less exact.
    QuantisedMatmul(QMatMul),
}

/// A linear layer.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    /// The matrix.
    pub weight: Weight,
    /// Added to every row: [out].
    pub bias: Option<Tensor>,
    /// What an adapter adds.
    pub lora: Option<Lora>,
}

/// An adapter's part of a linear layer: `scale * (x aᵀ) bᵀ`.
#[derive(Debug, Clone)]
pub(crate) struct Lora {
    /// [rank, in].
    pub a: Weight,
    /// [out, rank].
    pub b: Weight,
    /// The factor.
    pub scale: f64,
}

/// The gated MLP of a block.
#[derive(Debug, Clone)]
pub(crate) struct GatedMlp {
    /// hidden to intermediate, through SiLU.
    pub gate: Linear,
    /// hidden to intermediate.
    pub up: Linear,
    /// intermediate to hidden.
    pub down: Linear,
}
