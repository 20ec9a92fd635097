//! Where a decoder's weights come from: files of safetensors or GGUF, bytes in the program, or variables to be trained.
//! All of them give tensors by the names that Hugging Face's files use.

mod bytes;
mod checkpoint;
mod layout;
mod safetensors;
mod variables;

use std::path::PathBuf;
use std::sync::Arc;

use candle_core::Tensor;
use candle_core::quantized::QTensor;

pub use bytes::Bytes;
pub(crate) use checkpoint::{Checkpoint, Source};
pub(crate) use layout::{Role, layout};
pub(crate) use safetensors::SafetensorsFiles;
pub(crate) use variables::Variables;
pub use variables::{random_variables, save_variables};

/// Where a model's files are.
#[derive(Debug, Clone)]
pub enum ModelFiles {
    /// A folder with `config.json` and safetensors, whole or in shards.
    Folder(PathBuf),
    /// Bytes in the program.
    Embedded {
        /// The text of `config.json`.
        config: &'static str,
        /// The bytes of `model.safetensors`.
        weights: &'static [u8],
    },
}

/// A tensor as its file holds it.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    /// Plain numbers of some float type, on the CPU or, for variables, where they are trained.
    Dense(Tensor),
    /// Quantised blocks.
    Quantized(Arc<QTensor>),
}
