//! Where a decoder's weights come from: files of safetensors or GGUF, bytes in the program, or variables to be trained.
//! All of them give tensors by the names that Hugging Face's files use.

mod bytes;
mod checkpoint;
mod gguf;
mod layout;
mod safetensors;
mod variables;
mod write;

use std::path::PathBuf;
use std::sync::Arc;

use candle_core::quantized::QTensor;
use candle_core::{Device, Tensor};

use crate::Result;
pub use bytes::Bytes;
pub(crate) use checkpoint::{Checkpoint, Source};
pub(crate) use gguf::GgufFile;
pub(crate) use layout::{Role, layout};
pub(crate) use safetensors::SafetensorsFiles;
pub(crate) use variables::Variables;
pub use variables::{random_variables, save_variables};
pub(crate) use write::{Outgoing, write_safetensors, write_tensors};

/// Where a model's files are.
#[derive(Debug, Clone)]
pub enum ModelFiles {
    /// A folder with `config.json` and safetensors, whole or in shards.
    Folder(PathBuf),
    /// A config and safetensors, wherever they lie.
    Files {
        /// The `config.json`.
        config: PathBuf,
        /// The safetensors: one file, or all shards.
        weights: Vec<PathBuf>,
    },
    /// A GGUF file, which holds config and weights.
    Gguf(PathBuf),
    /// Bytes in the program.
    Embedded {
        /// The text of `config.json`.
        config: &'static str,
        /// The bytes of `model.safetensors`.
        weights: &'static [u8],
    },
}

/// How large a tensor is in its file.
#[derive(Debug)]
pub(crate) struct TensorSize {
    /// The type of its numbers, as the file's format names it.
    pub dtype: String,
    /// How many numbers it has.
    pub numbers: u64,
    /// How many bytes they take in the file.
    pub bytes: u64,
}

/// A tensor as its file holds it.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    /// Plain numbers of some float type, on the CPU or, for variables, where they are trained.
    Dense(Tensor),
    /// Quantised blocks.
    Quantized(Arc<QTensor>),
}

impl Stored {
    /// The shape.
    pub(crate) fn dims(&self) -> Vec<usize> {
        match self {
            Self::Dense(tensor) => tensor.dims().to_vec(),
            Self::Quantized(blocks) => blocks.shape().dims().to_vec(),
        }
    }

    /// The numbers, dequantised on the CPU where they are quantised.
    pub(crate) fn dense(&self) -> Result<Tensor> {
        Ok(match self {
            Self::Dense(tensor) => tensor.clone(),
            Self::Quantized(blocks) => blocks.dequantize(&Device::Cpu)?,
        })
    }
}
