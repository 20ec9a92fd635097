//! How large the weights are, by the type of their numbers.

use std::collections::BTreeMap;

use candle_core::Device;
use serde::Serialize;

use crate::Result;
use crate::config::Config;
use crate::gguf::GgufHeader;
use crate::source::ModelFiles;
use crate::weights::{Checkpoint, GgufFile, SafetensorsFiles, Source, TensorSize};

/// The weights of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WeightsOfType {
    /// The type, as the file's format names it: `F32`, `BF16`, `Q4_1`.
    pub dtype: String,
    /// How many tensors are of it.
    pub tensors: usize,
    /// How many numbers they have.
    pub parameters: u64,
    /// How many bytes they take in the file.
    pub bytes: u64,
}

/// A model's configuration, and what its files hold.
pub(super) struct Held {
    pub config: Config,
    pub weights: Vec<WeightsOfType>,
    /// Whether there is an output head of its own.
    pub has_head: bool,
}

const HEAD: &str = "lm_head.weight";

/// Reads the configuration and checks the names and shapes of all tensors.
pub(super) fn look(files: &ModelFiles) -> Result<Held> {
    match files {
        ModelFiles::Gguf(header) => {
            let mut file = GgufFile::open(header.path(), &Device::Cpu)?;
            let config = file.config()?;
            checked(config, file, summed(sizes(header)))
        }
        ModelFiles::Safetensors(model) => {
            let text = model.config.read()?;
            let config = Config::from_json(&model.config.to_string(), &String::from_utf8_lossy(&text))?;
            let tensors = SafetensorsFiles::of(&files.for_decoder()?)?;
            let weights = summed(tensors.sizes());
            checked(config, tensors, weights)
        }
    }
}

fn checked(config: Config, source: impl Source + 'static, weights: Vec<WeightsOfType>) -> Result<Held> {
    let has_head = source.shape(HEAD).is_some();
    Checkpoint::new(Box::new(source), &config).check()?;
    Ok(Held { config, weights, has_head })
}

fn sizes(header: &GgufHeader) -> impl Iterator<Item = TensorSize> {
    header.tensors().values().map(|tensor| {
        let numbers: usize = tensor.shape.iter().product();
        // Candle calls Q4K what GGML and all its files call Q4_K.
        let name = format!("{:?}", tensor.dtype);
        let dtype = name.strip_suffix('K').map(|stem| format!("{stem}_K")).unwrap_or(name);
        TensorSize { dtype, numbers: numbers as u64, bytes: tensor.bytes.len() as u64 }
    })
}

fn summed(sizes: impl Iterator<Item = TensorSize>) -> Vec<WeightsOfType> {
    let mut by_type: BTreeMap<String, WeightsOfType> = BTreeMap::new();
    for size in sizes {
        let entry = by_type.entry(size.dtype.clone()).or_insert(WeightsOfType {
            dtype: size.dtype,
            tensors: 0,
            parameters: 0,
            bytes: 0,
        });
        entry.tensors += 1;
        entry.parameters += size.numbers;
        entry.bytes += size.bytes;
    }
    let mut weights: Vec<WeightsOfType> = by_type.into_values().collect();
    weights.sort_by_key(|weights| std::cmp::Reverse(weights.parameters));
    weights
}
