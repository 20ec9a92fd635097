//! The decoder: tokens in, hidden states and logits out.
//!
//! A pass takes a [`Batch`]: rows (tokens) packed without padding, in segments that may share a beginning. Every block
//! runs over all distinct rows at once; keys and values of a block live as long as the block runs, unless
//! [`Decoder::prefill`] asks to keep them. In the last block, queries, output projection and MLP run for the rows that
//! are read only.
//!
//! ```text
//!  question ── segment 0 ─┬─ CoT 0: segment 1 (parent 0)      rows 0..40 │ 40..95 │ 95..130 │ …
//!                         └─ CoT 1: segment 2 (parent 0)
//! ```

mod batch;
mod block;
mod build;
mod classifier;
mod forward;
mod head;
mod prefix;
mod settings;

use std::sync::OnceLock;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarMap;

pub use crate::arithmetic::Kernels;
pub use batch::{Batch, Segment};
pub(crate) use build::{EMBEDDING, open};
pub use forward::Prefill;
pub use prefix::KvPrefix;
pub use settings::{AdapterForm, LoadSettings, WeightForm};

use crate::Result;
use crate::adapter::AdapterFiles;
use crate::arithmetic::{Arithmetic, Linear};
use crate::config::Config;
use crate::weights::ModelFiles;
use block::Block;
use head::{Classifier, Table};

/// A decoder-only transformer of the families in [`crate::config::Family`].
///
/// Embedding and output head are one where the weights hold no `lm_head.weight`, whatever the config says; where they
/// hold one, it is the head. Both is what transformers does since its version 5: a head that was trained apart is never
/// dropped because a config still calls it tied.
#[derive(Debug)]
pub struct Decoder {
    config: Config,
    device: Device,
    dtype: DType,
    arithmetic: Box<dyn Arithmetic>,
    frequencies: Vec<f64>,
    embedding: Table,
    blocks: Vec<Block>,
    norm: Tensor,
    head: Option<Table>,
    /// The head as the arithmetic likes it: made when all logits are asked for first, since scoring needs rows of it only.
    whole_head: OnceLock<Linear>,
    classifier: Option<Classifier>,
}

impl Decoder {
    /// Loads a model.
    ///
    /// # Errors
    /// Where config or weights are damaged, do not belong together, or are of a kind that is not computed.
    pub fn load(files: &ModelFiles, settings: &LoadSettings) -> Result<Self> {
        build::load(files, None, settings)
    }

    /// Loads a model with an adapter.
    ///
    /// # Errors
    /// As [`Decoder::load`], and where the adapter is damaged, of a kind that is not computed, or of another base.
    pub fn load_adapted(files: &ModelFiles, adapter: &AdapterFiles, settings: &LoadSettings) -> Result<Self> {
        build::load(files, Some(adapter), settings)
    }

    /// A decoder over variables, as [`crate::weights::random_variables`] makes them: logits carry gradients to all of
    /// them, and a step of an optimiser is seen by the next pass.
    ///
    /// # Errors
    /// Where variables are missing, of another shape than the config asks for, or left over.
    pub fn trainable(config: Config, variables: &VarMap, device: &Device) -> Result<Self> {
        build::trainable(config, variables, device)
    }

    /// The model's shape and constants.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where the decoder computes.
    pub fn device(&self) -> &Device {
        &self.device
    }
}
