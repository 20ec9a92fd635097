//! LoRA adapters in PEFT's layout: `adapter_config.json` beside `adapter_model.safetensors`.
//!
//! What the config sets and this crate does not compute is refused by its name; every tensor of the file must find its
//! place in the base, and every place that the config names must find its tensors.

mod config;
mod targets;
mod write;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};

use crate::weights::{Bytes, SafetensorsFiles, Source, Stored};
use crate::{Error, Result};
use config::AdapterConfig;
pub(crate) use config::NORMS;
pub(crate) use targets::Targets;
pub(crate) use write::{AdapterDescription, write_adapter};

/// Where an adapter's files are.
#[derive(Debug, Clone)]
pub enum AdapterFiles {
    /// A folder as PEFT writes it.
    Folder(PathBuf),
    /// Bytes in the program.
    Embedded {
        /// The text of `adapter_config.json`.
        config: &'static str,
        /// The bytes of `adapter_model.safetensors`.
        weights: &'static [u8],
    },
}

/// An adapter while a decoder is put together.
#[derive(Debug)]
pub(crate) struct Adapter {
    config: AdapterConfig,
    tensors: SafetensorsFiles,
    used: HashSet<String>,
}

/// A linear layer's part of an adapter, on the CPU in f32.
#[derive(Debug, Clone)]
pub(crate) struct LowRank {
    /// [rank, in].
    pub a: Tensor,
    /// [out, rank].
    pub b: Tensor,
    /// Factor of their product.
    pub scale: f64,
}

impl LowRank {
    /// A weight with this part added, in f32.
    pub(crate) fn added_to(&self, weight: &Tensor) -> Result<Tensor> {
        let change = (self.b.matmul(&self.a)? * self.scale)?;
        Ok((weight.to_dtype(DType::F32)? + change)?)
    }
}

/// PEFT's names begin with its own two wrappers.
pub(crate) const WRAPPERS: &str = "base_model.model.";

impl Adapter {
    /// Opens an adapter.
    pub(crate) fn open(files: &AdapterFiles) -> Result<Self> {
        let (config, tensors) = match files {
            AdapterFiles::Folder(folder) => {
                let path = folder.join("adapter_config.json");
                let text = std::fs::read_to_string(&path).map_err(|source| Error::Io {
                    action: "read the adapter's config",
                    path: path.clone(),
                    source,
                })?;
                (AdapterConfig::from_json(&path.display().to_string(), &text)?, in_folder(folder)?)
            }
            AdapterFiles::Embedded { config, weights } => {
                let origin = "the embedded adapter".to_owned();
                let config = AdapterConfig::from_json(&origin, config)?;
                (config, SafetensorsFiles::in_bytes(origin, Bytes::Static(weights))?)
            }
        };
        let adapter = Self { config, tensors, used: HashSet::new() };
        adapter.refuse_what_is_not_computed()?;
        Ok(adapter)
    }

    /// The name of a matrix, "A" or "B", of a layer's part in PEFT's files.
    pub(crate) fn tensor_name(module: &str, matrix: &str) -> String {
        format!("{WRAPPERS}{module}.lora_{matrix}.weight")
    }

    /// The part of a linear layer [out, in], named as in the base (`model.layers.0.self_attn.q_proj`).
    pub(crate) fn low_rank(&mut self, module: &str, out_in: [usize; 2]) -> Result<Option<LowRank>> {
        let names = ["A", "B"].map(|matrix| Self::tensor_name(module, matrix));
        if !self.config.targets(module) {
            return match names.iter().any(|name| self.tensors.shape(name).is_some()) {
                true => Err(self.wrong(format!("{} is there, but the config does not target {module:?}", names[0]))),
                false => Ok(None),
            };
        }
        let rank = self.config.rank(module);
        let [out, input] = out_in;
        let a = self.part(&names[0], [rank, input])?;
        let b = self.part(&names[1], [out, rank])?;
        Ok(Some(LowRank { a, b, scale: self.config.scale(module) }))
    }

    /// A tensor that the adapter holds in full (`modules_to_save`), named as in the base.
    pub(crate) fn saved(&mut self, name: &str) -> Result<Option<Stored>> {
        let full = format!("{WRAPPERS}{name}");
        if self.tensors.shape(&full).is_some() {
            self.used.insert(full.clone());
            return self.tensors.load(&full).map(Some);
        }
        let module = name.strip_suffix(".weight").and_then(|name| name.rsplit('.').next());
        match module.filter(|&module| self.config.saves(module)) {
            Some(_) => Err(self.wrong(format!("the tensor {full:?} is missing, although modules_to_save names it"))),
            None => Ok(None),
        }
    }

    /// Whether the adapter holds this tensor of the base in full.
    pub(crate) fn holds(&self, name: &str) -> bool {
        self.tensors.shape(&format!("{WRAPPERS}{name}")).is_some()
    }

    /// Whether the adapter gives a head over classes.
    pub(crate) fn saves_classifier(&self) -> bool {
        self.tensors.names().iter().any(|name| name.starts_with(&format!("{WRAPPERS}score.")))
    }

    /// Whether a head that is tied to the embedding follows the adapter's embedding.
    pub(crate) fn ties_saved_embedding(&self) -> bool {
        self.config.ensure_weight_tying
    }

    /// Whether the adapter was trained for a head over classes.
    pub(crate) fn needs_classifier(&self) -> bool {
        matches!(self.config.task_type.as_deref(), Some("SEQ_CLS" | "TOKEN_CLS"))
    }

    /// An error at this adapter.
    pub(crate) fn wrong(&self, message: String) -> Error {
        Error::Adapter { origin: self.tensors.origin().to_owned(), message }
    }

    /// Whether it has a part for this module.
    pub(crate) fn has_low_rank(&self, module: &str) -> bool {
        self.tensors.shape(&Self::tensor_name(module, "A")).is_some()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Where tensors are left over: the base has no place for them.
    pub(crate) fn finish(self) -> Result<()> {
        self.check_used()
    }

    /// As [`Adapter::finish`], where reading goes on.
    pub(crate) fn check_used(&self) -> Result<()> {
        let mut left: Vec<String> = self.tensors.names();
        left.retain(|name| !self.used.contains(name));
        left.sort();
        match left.first() {
            None => Ok(()),
            Some(first) => Err(self.wrong(format!(
                "{} tensors have no place in this base, {first:?} among them{}",
                left.len(),
                self.config.base_hint()
            ))),
        }
    }

    fn part(&mut self, name: &str, expected: [usize; 2]) -> Result<Tensor> {
        let Some(found) = self.tensors.shape(name) else {
            return Err(self.wrong(format!(
                "the tensor {name:?} is missing: the config targets this layer of the base{}",
                self.config.base_hint()
            )));
        };
        if found != expected {
            return Err(self.wrong(format!(
                "the tensor {name:?} has the shape {found:?}, but by the adapter's config and this base it is \
                 {expected:?}{}",
                self.config.base_hint()
            )));
        }
        self.used.insert(name.to_owned());
        match self.tensors.load(name)? {
            Stored::Dense(tensor) => Ok(tensor.to_dtype(DType::F32)?.to_device(&Device::Cpu)?),
            Stored::Quantized(_) => Err(self.wrong(format!("the tensor {name:?} is quantised"))),
        }
    }

    /// Kinds of tensors that tell of variants.
    fn refuse_what_is_not_computed(&self) -> Result<()> {
        for name in self.tensors.names() {
            let variant = if name.contains("lora_magnitude_vector") {
                "DoRA (lora_magnitude_vector)"
            } else if name.contains("lora_embedding_") {
                "LoRA on the embedding (lora_embedding_A, lora_embedding_B)"
            } else if name.contains(".lora_") && name.ends_with(".bias") {
                "a bias of its own (lora_bias)"
            } else if self.config.trains_biases && name.ends_with(".bias") && !name.contains(".score.") {
                "trained biases (bias)"
            } else {
                continue;
            };
            return Err(self.wrong(format!("the tensor {name:?} is of {variant}, which is not supported")));
        }
        Ok(())
    }
}

fn in_folder(folder: &Path) -> Result<SafetensorsFiles> {
    let path = folder.join("adapter_model.safetensors");
    if path.is_file() {
        return SafetensorsFiles::in_file(&path);
    }
    let message = match folder.join("adapter_model.bin").is_file() {
        true => {
            "the adapter is only there as adapter_model.bin: loading a pickle file runs whatever code its author put into \
             it, so only safetensors are read"
        }
        false => "no adapter_model.safetensors",
    };
    Err(Error::Adapter { origin: folder.display().to_string(), message: message.to_owned() })
}
