//! How a model is loaded.

use candle_core::{DType, Device};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::arithmetic::Kernels;

/// How to load a model.
#[derive(Debug, Clone)]
pub struct LoadSettings {
    /// Where to compute.
    pub device: Device,
    /// How weights are kept in memory.
    pub weights: WeightForm,
    /// How an adapter is applied.
    pub adapter: AdapterForm,
    /// What is computed with.
    pub kernels: Kernels,
}

impl Default for LoadSettings {
    fn default() -> Self {
        Self {
            device: Device::Cpu,
            weights: WeightForm::default(),
            adapter: AdapterForm::default(),
            kernels: Kernels::default(),
        }
    }
}

/// How weights are kept in memory. Arithmetic on the CPU is always in f32; on a GPU it is in f16 or bf16 where the weights
/// are asked for in that form, else in f32. Norms, positions and the softmax are in f32 everywhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WeightForm {
    /// As f32, whatever the file holds: 4 bytes a weight, and nothing to be widened where many rows are computed at once.
    #[default]
    F32,
    /// As f16, 2 bytes a weight.
    F16,
    /// As bf16, 2 bytes a weight.
    Bf16,
    /// As the file holds them: 16-bit weights are widened, quantised ones dequantised when they are used. The numbers are
    /// those of f32 to the bit, at the file's size in memory. On the CPU blocks of Q4_0, Q4_1 and Q8_0 are widened in
    /// registers, so that a few rows, as in the writing of a text, read less memory than in f32; blocks of other formats are
    /// dequantised whole in every pass, which is slow. An adapter is computed beside quantised weights, not merged.
    Stored,
    /// Like `stored`, but a GGUF file's quantised matrices are multiplied as they are, with inputs that are quantised, too:
    /// an approximation.
    QuantisedMatmul,
}

impl WeightForm {
    /// The type of hidden states on a device.
    pub(crate) fn compute_type(self, device: &Device) -> DType {
        match self {
            Self::F16 if !device.is_cpu() => DType::F16,
            Self::Bf16 if !device.is_cpu() => DType::BF16,
            _ => DType::F32,
        }
    }

    /// The type that all weights are turned to, if any.
    pub(crate) fn dense(self) -> Option<DType> {
        match self {
            Self::F32 => Some(DType::F32),
            Self::F16 => Some(DType::F16),
            Self::Bf16 => Some(DType::BF16),
            Self::Stored | Self::QuantisedMatmul => None,
        }
    }
}

/// How an adapter is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AdapterForm {
    /// Added to the weights at load, in f32, then rounded once to the weights' form: scoring costs what it costs without.
    /// Weights that stay quantised take it beside them all the same.
    #[default]
    Merged,
    /// Computed beside the weights in every pass.
    Beside,
}
