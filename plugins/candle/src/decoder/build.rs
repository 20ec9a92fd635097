//! Putting a decoder together from a config, tensors, and an adapter.

use std::path::Path;
use std::sync::OnceLock;

use candle_core::quantized::QMatMul;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarMap;

use super::block::{Block, HeadNorms};
use super::head::{Classifier, Table};
use super::settings::{AdapterForm, LoadSettings, WeightForm};
use super::{Decoder, classifier};
use crate::adapter::{Adapter, AdapterFiles, LowRank};
use crate::arithmetic::{self, Arithmetic, GatedMlp, Kernels, Linear, Lora, Weight};
use crate::config::Config;
use crate::weights::{Bytes, Checkpoint, GgufFile, ModelFiles, SafetensorsFiles, Stored, Variables};
use crate::{Error, Result};

pub(crate) const EMBEDDING: &str = "model.embed_tokens.weight";
const HEAD: &str = "lm_head";

/// Loads a model from files.
pub(super) fn load(files: &ModelFiles, adapter: Option<&AdapterFiles>, settings: &LoadSettings) -> Result<Decoder> {
    let (config, checkpoint) = open(files, &settings.device)?;
    let adapter = adapter.map(Adapter::open).transpose()?;
    Builder::new(settings, arithmetic::choose(&settings.device, settings.kernels), checkpoint, adapter).build(config)
}

/// A model's config and weights.
pub(crate) fn open(files: &ModelFiles, device: &Device) -> Result<(Config, Checkpoint)> {
    Ok(match files {
        ModelFiles::Folder(folder) => {
            let config = config_in(&folder.join("config.json"))?;
            let checkpoint = Checkpoint::new(Box::new(SafetensorsFiles::in_folder(folder)?), &config);
            (config, checkpoint)
        }
        ModelFiles::Files { config, weights } => {
            let config = config_in(config)?;
            let checkpoint = Checkpoint::new(Box::new(SafetensorsFiles::in_files(weights)?), &config);
            (config, checkpoint)
        }
        ModelFiles::Gguf(path) => {
            let mut file = GgufFile::open(path, device)?;
            let config = file.config()?;
            let checkpoint = Checkpoint::new(Box::new(file), &config);
            (config, checkpoint)
        }
        ModelFiles::Embedded { config, weights } => {
            let origin = "the embedded model".to_owned();
            let config = Config::from_json(&origin, config)?;
            let files = SafetensorsFiles::in_bytes(origin, Bytes::Static(weights))?;
            let checkpoint = Checkpoint::new(Box::new(files), &config);
            (config, checkpoint)
        }
    })
}

fn config_in(path: &Path) -> Result<Config> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Io {
        action: "read the model's config",
        path: path.to_owned(),
        source,
    })?;
    Config::from_json(&path.display().to_string(), &text)
}

/// Makes a decoder over variables, which stay what they are: no copy, so that training is seen.
pub(super) fn trainable(config: Config, variables: &VarMap, device: &Device) -> Result<Decoder> {
    let checkpoint = Checkpoint::new(Box::new(Variables::new(variables)), &config);
    let settings = LoadSettings { device: device.clone(), weights: WeightForm::Stored, ..LoadSettings::default() };
    Builder::new(&settings, arithmetic::choose(device, Kernels::Differentiable), checkpoint, None).build(config)
}

pub(super) struct Builder {
    device: Device,
    dtype: DType,
    weights: WeightForm,
    adapter_form: AdapterForm,
    arithmetic: Box<dyn Arithmetic>,
    pub(super) checkpoint: Checkpoint,
    pub(super) adapter: Option<Adapter>,
}

impl Builder {
    fn new(
        settings: &LoadSettings,
        arithmetic: Box<dyn Arithmetic>,
        checkpoint: Checkpoint,
        adapter: Option<Adapter>,
    ) -> Self {
        Self {
            device: settings.device.clone(),
            dtype: settings.weights.compute_type(&settings.device),
            weights: settings.weights,
            adapter_form: settings.adapter,
            arithmetic,
            checkpoint,
            adapter,
        }
    }

    fn build(mut self, config: Config) -> Result<Decoder> {
        let stored = self.checkpoint.take(EMBEDDING)?;
        let base_embedding = self.table(stored)?;
        let embedding = match self.saved(EMBEDDING, &[config.vocabulary, config.hidden_size])? {
            Some(saved) => self.table(saved)?,
            None => base_embedding.clone(),
        };
        let blocks: Result<Vec<Block>> = (0..config.layers).map(|layer| self.block(&config, layer)).collect();
        let blocks = blocks?;
        let norm = self.vector("model.norm.weight", DType::F32)?;
        let classifier = classifier::build(&mut self, &config)?;
        let head = self.language_head(&config, &embedding, base_embedding, classifier.as_ref())?;
        self.checkpoint.finish()?;
        self.adapter.map_or(Ok(()), Adapter::finish)?;
        Ok(Decoder {
            frequencies: config.rope.frequencies(config.head_dim),
            config,
            device: self.device,
            dtype: self.dtype,
            arithmetic: self.arithmetic,
            embedding,
            blocks,
            norm,
            head,
            classifier,
            whole_head: OnceLock::new(),
        })
    }

    fn block(&mut self, config: &Config, layer: usize) -> Result<Block> {
        let name = |part: &str| format!("model.layers.{layer}.{part}");
        let biases = config.biases;
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let (query, kv) = (config.query_size(), config.kv_size());
        let head_norms = match config.qk_norm {
            true => Some(HeadNorms {
                q: self.vector(&name("self_attn.q_norm.weight"), DType::F32)?,
                k: self.vector(&name("self_attn.k_norm.weight"), DType::F32)?,
            }),
            false => None,
        };
        Ok(Block {
            attention_norm: self.vector(&name("input_layernorm.weight"), DType::F32)?,
            q: self.linear(&name("self_attn.q_proj"), [query, hidden], biases.qkv)?,
            k: self.linear(&name("self_attn.k_proj"), [kv, hidden], biases.qkv)?,
            v: self.linear(&name("self_attn.v_proj"), [kv, hidden], biases.qkv)?,
            output: self.linear(&name("self_attn.o_proj"), [hidden, query], biases.output)?,
            head_norms,
            mlp_norm: self.vector(&name("post_attention_layernorm.weight"), DType::F32)?,
            mlp: GatedMlp {
                gate: self.linear(&name("mlp.gate_proj"), [wide, hidden], biases.mlp)?,
                up: self.linear(&name("mlp.up_proj"), [wide, hidden], biases.mlp)?,
                down: self.linear(&name("mlp.down_proj"), [hidden, wide], biases.mlp)?,
            },
        })
    }

    fn linear(&mut self, name: &str, out_in: [usize; 2], biased: bool) -> Result<Linear> {
        let stored = self.checkpoint.take(&format!("{name}.weight"))?;
        let low_rank = self.low_rank(name, out_in)?;
        let bias = match biased {
            true => Some(self.vector(&format!("{name}.bias"), self.dtype)?),
            false => None,
        };
        let stays_quantised = self.weights.dense().is_none() && matches!(stored, Stored::Quantized(_));
        let (stored, lora) = match low_rank {
            Some(low_rank) if self.adapter_form == AdapterForm::Merged && !stays_quantised => {
                (merged(&stored, &low_rank)?, None)
            }
            Some(low_rank) => (stored, Some(self.beside(low_rank)?)),
            None => (stored, None),
        };
        Ok(Linear { weight: self.weight(stored)?, bias, lora })
    }

    /// A matrix in the form that is asked for.
    pub(super) fn weight(&self, stored: Stored) -> Result<Weight> {
        match (self.kept(stored)?, self.weights) {
            (Stored::Quantized(blocks), WeightForm::QuantisedMatmul) => {
                Ok(Weight::QuantisedMatmul(QMatMul::from_arc(blocks)?))
            }
            (stored, _) => self.arithmetic.weight(stored),
        }
    }

    fn table(&self, stored: Stored) -> Result<Table> {
        Ok(match self.kept(stored)? {
            Stored::Dense(tensor) => Table::Dense(tensor.to_device(&self.device)?),
            Stored::Quantized(blocks) => Table::Blocks(blocks),
        })
    }

    /// The head over the vocabulary: the adapter's, the base's, or the table of the embedding where there is neither.
    fn language_head(
        &mut self,
        config: &Config,
        embedding: &Table,
        base_embedding: Table,
        classifier: Option<&Classifier>,
    ) -> Result<Option<Table>> {
        let shape = [config.vocabulary, config.hidden_size];
        let own = self.checkpoint.take_optional(&format!("{HEAD}.weight"))?;
        let follows_embedding = self.adapter.as_ref().is_some_and(Adapter::ties_saved_embedding);
        let own = self.saved(&format!("{HEAD}.weight"), &shape)?.or(own);
        let head = match own {
            Some(head) => Some(self.table(head)?),
            // A classifier without a head over the vocabulary has none: its embedding is not one.
            None if classifier.is_some() => None,
            None if follows_embedding => Some(embedding.clone()),
            None => Some(base_embedding),
        };
        let low_rank = self.low_rank(HEAD, shape)?;
        let (Some(head), Some(low_rank)) = (&head, low_rank) else { return Ok(head) };
        // Read token by token, so it is merged whatever the setting.
        let whole = Stored::Dense(head.whole(DType::F32, &Device::Cpu)?.to_device(&Device::Cpu)?);
        Ok(Some(self.table(merged(&whole, &low_rank)?)?))
    }

    fn low_rank(&mut self, module: &str, out_in: [usize; 2]) -> Result<Option<LowRank>> {
        self.adapter.as_mut().map_or(Ok(None), |adapter| adapter.low_rank(module, out_in))
    }

    /// A tensor that the adapter holds in full.
    fn saved(&mut self, name: &str, expected: &[usize]) -> Result<Option<Stored>> {
        let Some(adapter) = &mut self.adapter else { return Ok(None) };
        let Some(stored) = adapter.saved(name)? else { return Ok(None) };
        if stored.dims() != expected {
            return Err(adapter.wrong(format!(
                "its {name:?} has the shape {:?}, but this base's is {expected:?}: the adapter is for another base, or for \
                 one with another vocabulary",
                stored.dims()
            )));
        }
        Ok(Some(stored))
    }

    fn beside(&self, low_rank: LowRank) -> Result<Lora> {
        // Made ready once, as the weight beside it is.
        let place = |part: Tensor| self.arithmetic.weight(Stored::Dense(part.to_dtype(self.dtype)?));
        Ok(Lora { a: place(low_rank.a)?, b: place(low_rank.b)?, scale: low_rank.scale })
    }

    fn vector(&mut self, name: &str, dtype: DType) -> Result<Tensor> {
        let stored = self.checkpoint.take(name)?;
        let stored = self.saved(name, &stored.dims())?.unwrap_or(stored);
        self.placed(&stored, dtype)
    }

    /// A small tensor, on the device.
    pub(super) fn placed(&self, stored: &Stored, dtype: DType) -> Result<Tensor> {
        Ok(stored.dense()?.to_dtype(dtype)?.to_device(&self.device)?)
    }

    /// The type of hidden states.
    pub(super) fn dtype(&self) -> DType {
        self.dtype
    }

    fn kept(&self, stored: Stored) -> Result<Stored> {
        Ok(match self.weights.dense() {
            Some(dtype) => Stored::Dense(stored.dense()?.to_dtype(dtype)?),
            None => stored,
        })
    }
}

/// The weight with the adapter's part added, in f32.
fn merged(stored: &Stored, low_rank: &LowRank) -> Result<Stored> {
    Ok(Stored::Dense(low_rank.added_to(&stored.dense()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Batch;

    #[test]
    fn hidden_states_in_f16_are_near_those_in_f32() {
        // As on a GPU; the CPU computes in f32 unless told so here.
        for (model, adapter) in [("llama", "adapter"), ("qwen2", "adapter-rslora"), ("qwen3", "adapter")] {
            let folder = format!("tests/golden/models/{model}");
            let files = ModelFiles::Folder(folder.clone().into());
            let adapter = AdapterFiles::Folder(format!("{folder}/{adapter}").into());
            let logits = |dtype| {
                let settings = LoadSettings { adapter: AdapterForm::Beside, ..LoadSettings::default() };
                let (config, checkpoint) = open(&files, &settings.device).unwrap();
                let arithmetic = arithmetic::choose(&settings.device, Kernels::Differentiable);
                let adapter = Adapter::open(&adapter).unwrap();
                let builder = Builder::new(&settings, arithmetic, checkpoint, Some(adapter));
                let decoder = Builder { dtype, ..builder }.build(config).unwrap();
                let mut batch = Batch::default();
                let first = batch.push(&[5, 6, 7], None);
                batch.push(&[8, 9], Some(first));
                let hidden = decoder.hidden(&batch, &[2, 4]).unwrap();
                assert_eq!(hidden.dtype(), dtype);
                decoder.head(&hidden).unwrap().to_dtype(DType::F32).unwrap()
            };
            let apart = (logits(DType::F16) - logits(DType::F32)).unwrap().abs().unwrap();
            let apart = apart.flatten_all().unwrap().max(0).unwrap().to_scalar::<f32>().unwrap();
            assert!(apart > 0.0 && apart < 0.1, "{model}: {apart}");
        }
    }
}
