//! What was trained, as files.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::Tensor;

use super::{Trained, Trainer};
use crate::adapter::{AdapterDescription, write_adapter};
use crate::weights::write_tensors;
use crate::{Error, Result};

impl Trainer {
    /// Writes what was trained into a folder: an adapter in PEFT's layout, whose config names its base as `base`, or, where
    /// all weights were trained, `model.safetensors` in f32, for which config and tokenizer files are the base's.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn save(&self, folder: &Path, base: &str) -> Result<()> {
        std::fs::create_dir_all(folder).map_err(|source| Error::Io {
            action: "make the folder",
            path: folder.to_owned(),
            source,
        })?;
        let tensors: Vec<(String, Tensor)> =
            self.named().map(|(name, tensor)| (name.to_owned(), tensor.clone())).collect();
        match &self.settings().trained {
            Trained::LowRank(settings) => {
                let module = |name: &str| {
                    let name = name.strip_prefix(crate::adapter::WRAPPERS)?;
                    name.strip_suffix(".lora_A.weight").map(str::to_owned)
                };
                let modules: Vec<String> = tensors.iter().filter_map(|(name, _)| module(name)).collect();
                write_adapter(folder, &AdapterDescription { base, settings, modules: &modules }, &tensors)
            }
            Trained::Weights => {
                let metadata = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
                write_tensors(&folder.join("model.safetensors"), &metadata, &tensors)
            }
        }
    }
}
