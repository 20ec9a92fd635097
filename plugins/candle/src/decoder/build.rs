//! Putting a decoder together from a config and tensors.

use candle_core::{DType, Device, Tensor};
use candle_nn::VarMap;

use super::block::{Block, HeadNorms};
use super::head::{Classifier, Table};
use super::{Decoder, LoadSettings};
use crate::arithmetic::{self, Arithmetic, GatedMlp, Linear};
use crate::config::{Config, HeadKind};
use crate::weights::{Bytes, Checkpoint, ModelFiles, SafetensorsFiles, Stored, Variables};
use crate::{Error, Result};

/// Loads a model from files.
pub(super) fn load(files: &ModelFiles, settings: &LoadSettings) -> Result<Decoder> {
    let (config, tensors) = match files {
        ModelFiles::Folder(folder) => {
            let path = folder.join("config.json");
            let text = std::fs::read_to_string(&path).map_err(|source| Error::Io {
                action: "read the model's config",
                path: path.clone(),
                source,
            })?;
            (Config::from_json(&path.display().to_string(), &text)?, SafetensorsFiles::in_folder(folder)?)
        }
        ModelFiles::Embedded { config, weights } => {
            let origin = "the embedded model".to_owned();
            (Config::from_json(&origin, config)?, SafetensorsFiles::in_bytes(origin, Bytes::Static(weights))?)
        }
    };
    let checkpoint = Checkpoint::new(Box::new(tensors), &config);
    Builder::new(&settings.device, checkpoint, Keep::InF32).build(config)
}

/// Makes a decoder over variables.
pub(super) fn trainable(config: Config, variables: &VarMap, device: &Device) -> Result<Decoder> {
    let checkpoint = Checkpoint::new(Box::new(Variables::new(variables)), &config);
    Builder::new(device, checkpoint, Keep::AsStored).build(config)
}

/// How weights are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    InF32,
    AsStored,
}

struct Builder<'a> {
    device: &'a Device,
    dtype: DType,
    arithmetic: Box<dyn Arithmetic>,
    checkpoint: Checkpoint,
    keep: Keep,
}

impl<'a> Builder<'a> {
    fn new(device: &'a Device, checkpoint: Checkpoint, keep: Keep) -> Self {
        let dtype = DType::F32;
        Self { device, dtype, arithmetic: arithmetic::choose(device, dtype), checkpoint, keep }
    }

    fn build(mut self, config: Config) -> Result<Decoder> {
        let embedding = self.table("model.embed_tokens.weight")?.ok_or_else(|| Error::MissingTensor {
            origin: self.checkpoint.origin().to_owned(),
            name: "model.embed_tokens.weight".to_owned(),
        })?;
        let blocks: Result<Vec<Block>> = (0..config.layers).map(|layer| self.block(&config, layer)).collect();
        let blocks = blocks?;
        let norm = self.vector("model.norm.weight", DType::F32)?;
        let classifier = self.classifier(&config)?;
        let head = match self.table("lm_head.weight")? {
            Some(head) => Some(head),
            None if classifier.is_some() => None,
            None => Some(embedding.clone()),
        };
        self.checkpoint.finish()?;
        Ok(Decoder {
            frequencies: config.rope.frequencies(config.head_dim),
            config,
            device: self.device.clone(),
            dtype: self.dtype,
            arithmetic: self.arithmetic,
            embedding,
            blocks,
            norm,
            head,
            classifier,
        })
    }

    fn block(&mut self, config: &Config, layer: usize) -> Result<Block> {
        let name = |part: &str| format!("model.layers.{layer}.{part}");
        let biases = config.biases;
        let head_norms = match config.qk_norm {
            true => Some(HeadNorms {
                q: self.vector(&name("self_attn.q_norm.weight"), DType::F32)?,
                k: self.vector(&name("self_attn.k_norm.weight"), DType::F32)?,
            }),
            false => None,
        };
        Ok(Block {
            attention_norm: self.vector(&name("input_layernorm.weight"), DType::F32)?,
            q: self.linear(&name("self_attn.q_proj"), biases.qkv)?,
            k: self.linear(&name("self_attn.k_proj"), biases.qkv)?,
            v: self.linear(&name("self_attn.v_proj"), biases.qkv)?,
            output: self.linear(&name("self_attn.o_proj"), biases.output)?,
            head_norms,
            mlp_norm: self.vector(&name("post_attention_layernorm.weight"), DType::F32)?,
            mlp: GatedMlp {
                gate: self.linear(&name("mlp.gate_proj"), biases.mlp)?,
                up: self.linear(&name("mlp.up_proj"), biases.mlp)?,
                down: self.linear(&name("mlp.down_proj"), biases.mlp)?,
            },
        })
    }

    fn linear(&mut self, name: &str, biased: bool) -> Result<Linear> {
        let weight = self.checkpoint.take(&format!("{name}.weight"))?;
        let weight = self.arithmetic.weight(self.kept(weight)?)?;
        let bias = match biased {
            true => Some(self.vector(&format!("{name}.bias"), self.dtype)?),
            false => None,
        };
        Ok(Linear { weight, bias, lora: None })
    }

    fn table(&mut self, name: &str) -> Result<Option<Table>> {
        let Some(stored) = self.checkpoint.take_optional(name)? else { return Ok(None) };
        Ok(Some(match self.kept(stored)? {
            Stored::Dense(tensor) => Table::Dense(tensor.to_device(self.device)?),
            Stored::Quantized(blocks) => Table::Blocks(blocks),
        }))
    }

    fn vector(&mut self, name: &str, dtype: DType) -> Result<Tensor> {
        let tensor = match self.checkpoint.take(name)? {
            Stored::Dense(tensor) => tensor,
            Stored::Quantized(blocks) => blocks.dequantize(self.device)?,
        };
        Ok(tensor.to_dtype(dtype)?.to_device(self.device)?)
    }

    fn kept(&self, stored: Stored) -> Result<Stored> {
        match (self.keep, stored) {
            (Keep::AsStored, stored) => Ok(stored),
            (Keep::InF32, Stored::Dense(tensor)) => Ok(Stored::Dense(tensor.to_dtype(DType::F32)?)),
            (Keep::InF32, Stored::Quantized(blocks)) => Ok(Stored::Dense(blocks.dequantize(&Device::Cpu)?)),
        }
    }

    /// The head over classes, where the weights hold one: `score.weight` as transformers has it, or `score.0`, `score.2`,
    /// … with ReLU between them, as Qwen's reward models have it.
    fn classifier(&mut self, config: &Config) -> Result<Option<Classifier>> {
        let mut layers = Vec::new();
        let mut width = config.hidden_size;
        for name in std::iter::once("score".to_owned()).chain((0..).step_by(2).map(|place| format!("score.{place}"))) {
            let weight = format!("{name}.weight");
            let Some(stored) = self.checkpoint.take_optional(&weight)? else {
                if name == "score" {
                    continue;
                }
                break;
            };
            let shape = match &stored {
                Stored::Dense(tensor) => tensor.dims().to_vec(),
                Stored::Quantized(blocks) => blocks.shape().dims().to_vec(),
            };
            let [labels, input] = shape[..] else {
                return Err(self.wrong_head(&weight, shape, width));
            };
            if input != width {
                return Err(self.wrong_head(&weight, shape, width));
            }
            let bias = match self.checkpoint.take_optional(&format!("{name}.bias"))? {
                Some(Stored::Dense(bias)) => Some(bias.to_dtype(self.dtype)?.to_device(self.device)?),
                _ => None,
            };
            let weight = self.arithmetic.weight(self.kept(stored)?)?;
            layers.push(Linear { weight, bias, lora: None });
            width = labels;
        }
        if layers.is_empty() {
            return match config.head {
                HeadKind::LanguageModel => Ok(None),
                HeadKind::Classifier => Err(Error::MissingTensor {
                    origin: self.checkpoint.origin().to_owned(),
                    name: "score.weight".to_owned(),
                }),
            };
        }
        Ok(Some(Classifier { layers, labels: width }))
    }

    fn wrong_head(&self, name: &str, found: Vec<usize>, width: usize) -> Error {
        let expected = vec![found.first().copied().unwrap_or(1), width];
        Error::Shape { origin: self.checkpoint.origin().to_owned(), name: name.to_owned(), found, expected }
    }
}
