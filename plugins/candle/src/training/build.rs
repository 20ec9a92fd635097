//! Putting a trained model together from files.

use candle_core::{DType, Device, Tensor};

use super::head::{TokenTable, TrainedHead};
use super::layer::Layer;
use super::linear::{LowRank, Matrix, TrainedLinear, Vector};
use super::model::TrainedModel;
use super::parameters::Parameters;
use super::{LowRankSettings, Objective, Trained};
use crate::adapter::{Adapter, AdapterFiles, Targets, WRAPPERS};
use crate::arithmetic::{TrainingArithmetic, choose_for_training};
use crate::config::Config;
use crate::decoder::{EMBEDDING, LoadSettings, open};
use crate::split_mix::mixed;
use crate::weights::{Checkpoint, ModelFiles, Stored};
use crate::{Error, Result};

const HEAD: &str = "lm_head.weight";

/// What a model is put together from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    pub files: &'a ModelFiles,
    /// Where the low-rank parts begin, if not anew.
    pub adapter: Option<&'a AdapterFiles>,
    pub trained: &'a Trained,
    pub objective: &'a Objective,
    pub seed: u64,
}

/// Loads a model to be trained.
pub(super) fn load(parts: Parts<'_>, settings: &LoadSettings) -> Result<TrainedModel> {
    let (config, checkpoint) = open(parts.files, &settings.device)?;
    let low_rank = match parts.trained {
        Trained::Weights => None,
        Trained::LowRank(low_rank) => {
            let targets = Targets::of_setting(&low_rank.target_modules)
                .map_err(|message| Error::Training { message: format!("target_modules: {message}") })?;
            Some((low_rank, targets))
        }
    };
    if parts.adapter.is_some() && low_rank.is_none() {
        let message = "an adapter to begin with makes sense for LoRA only: merge it into the model first".to_owned();
        return Err(Error::Training { message });
    }
    let adapter = parts.adapter.map(Adapter::open).transpose()?;
    let builder = Builder {
        arithmetic: choose_for_training(&settings.device),
        dtype: settings.weights.dense(),
        device: settings.device.clone(),
        checkpoint,
        adapter,
        low_rank,
        parameters: Parameters::default(),
        seed: parts.seed,
        sites: 0,
    };
    builder.build(config, parts.objective, settings.weights.compute_type(&settings.device))
}

struct Builder<'a> {
    arithmetic: Box<dyn TrainingArithmetic>,
    device: Device,
    /// What frozen matrices are turned to.
    dtype: Option<DType>,
    checkpoint: Checkpoint,
    adapter: Option<Adapter>,
    /// `None` where all weights are trained.
    low_rank: Option<(&'a LowRankSettings, Targets)>,
    parameters: Parameters,
    seed: u64,
    /// Layers with a low-rank part so far.
    sites: u64,
}

impl Builder<'_> {
    fn build(mut self, config: Config, objective: &Objective, dtype: DType) -> Result<TrainedModel> {
        let embedding = self.table(EMBEDDING)?;
        let Some(embedding) = embedding else {
            return Err(Error::MissingTensor { origin: self.checkpoint.origin().to_owned(), name: EMBEDDING.into() });
        };
        let layers: Result<Vec<Layer>> = (0..config.layers).map(|layer| self.layer(&config, layer)).collect();
        let layers = layers?;
        let norm = self.vector("model.norm.weight", DType::F32)?;
        let table = self.table(HEAD)?.unwrap_or_else(|| embedding.clone());
        let (head, labels) = self.head(&config, table, objective)?;
        self.checkpoint.finish()?;
        self.adapter.map_or(Ok(()), Adapter::finish)?;
        if self.parameters.numbers() == 0 {
            let message = "target_modules names no layer of this model: nothing would be trained".to_owned();
            return Err(Error::Training { message });
        }
        Ok(TrainedModel {
            frequencies: config.rope.frequencies(config.head_dim),
            config,
            device: self.device,
            arithmetic: self.arithmetic,
            dtype,
            embedding,
            layers,
            norm,
            head,
            labels,
            parameters: self.parameters,
            dropout: self.low_rank.map_or(0.0, |(low_rank, _)| low_rank.dropout),
        })
    }

    fn layer(&mut self, config: &Config, layer: usize) -> Result<Layer> {
        let name = |part: &str| format!("model.layers.{layer}.{part}");
        let biases = config.biases;
        let head_norms = match config.qk_norm {
            true => Some([
                self.vector(&name("self_attn.q_norm.weight"), DType::F32)?,
                self.vector(&name("self_attn.k_norm.weight"), DType::F32)?,
            ]),
            false => None,
        };
        Ok(Layer {
            attention_norm: self.vector(&name("input_layernorm.weight"), DType::F32)?,
            q: self.linear(&name("self_attn.q_proj"), biases.qkv)?,
            k: self.linear(&name("self_attn.k_proj"), biases.qkv)?,
            v: self.linear(&name("self_attn.v_proj"), biases.qkv)?,
            output: self.linear(&name("self_attn.o_proj"), biases.output)?,
            head_norms,
            mlp_norm: self.vector(&name("post_attention_layernorm.weight"), DType::F32)?,
            gate: self.linear(&name("mlp.gate_proj"), biases.mlp)?,
            up: self.linear(&name("mlp.up_proj"), biases.mlp)?,
            down: self.linear(&name("mlp.down_proj"), biases.mlp)?,
        })
    }

    fn linear(&mut self, name: &str, biased: bool) -> Result<TrainedLinear> {
        let weight = format!("{name}.weight");
        let stored = self.checkpoint.take(&weight)?;
        let dims = stored.dims();
        let matrix = match self.low_rank {
            None => Matrix::Trained(self.parameters.add(weight, stored.dense()?.to_device(&self.device)?)?),
            Some(_) => self.frozen(&stored.dense()?)?,
        };
        let bias = match biased {
            true => Some(self.vector(&format!("{name}.bias"), DType::F32)?),
            false => None,
        };
        let low_rank = match &self.low_rank {
            Some((_, targets)) if targets.holds(name) => Some(self.low_rank(name, [dims[0], dims[1]])?),
            Some(_) if self.adapter.as_ref().is_some_and(|adapter| adapter.has_low_rank(name)) => {
                let message = format!(
                    "the adapter to begin with has a part for {name:?}, which target_modules leaves out: give the \
                     target_modules that it was trained with"
                );
                return Err(Error::Training { message });
            }
            _ => None,
        };
        Ok(TrainedLinear { matrix, bias, low_rank })
    }

    fn frozen(&self, dense: &Tensor) -> Result<Matrix> {
        let dense = match self.dtype {
            Some(dtype) => dense.to_dtype(dtype)?,
            None => dense.clone(),
        };
        let dense = dense.to_device(&self.device)?;
        Ok(Matrix::Frozen {
            forward: self.arithmetic.weight(Stored::Dense(dense.clone()))?,
            backward: self.arithmetic.weight(Stored::Dense(dense.t()?))?,
        })
    }

    /// The adapter's part of a layer [out, in]; a new one begins with `b` = 0, so that it changes nothing.
    fn low_rank(&mut self, module: &str, [out, input]: [usize; 2]) -> Result<LowRank> {
        let Some((settings, _)) = &self.low_rank else {
            return Err(Error::Training { message: "no LoRA is trained".to_owned() });
        };
        let (rank, scale) = (settings.rank, settings.scale());
        let begun = self.adapter.as_mut().map_or(Ok(None), |adapter| adapter.low_rank(module, [out, input]))?;
        let (a, b) = match begun {
            Some(part) if part.a.dim(0)? != rank || (part.scale - scale).abs() > 1e-9 * scale.abs() => {
                let message = format!(
                    "the adapter to begin with has rank {} and factor {} at {module:?}, but training is set to rank {rank} \
                     and factor {scale}: give the settings that it was trained with (an adapter whose layers differ in \
                     them cannot be trained further here)",
                    part.a.dim(0)?,
                    part.scale
                );
                return Err(Error::Training { message });
            }
            Some(part) => (part.a, part.b),
            None => (self.uniform(module, [rank, input])?, Tensor::zeros((out, rank), DType::F32, &Device::Cpu)?),
        };
        self.sites += 1;
        let mut add = |part: &str, tensor: Tensor| {
            self.parameters.add(Adapter::tensor_name(module, part), tensor.to_device(&self.device)?)
        };
        Ok(LowRank { a: add("A", a)?, b: add("B", b)?, scale, site: self.sites })
    }

    /// As PEFT begins: uniform between plus and minus 1 / sqrt(inputs). Of the seed and the layer's name alone.
    fn uniform(&self, module: &str, [rank, input]: [usize; 2]) -> Result<Tensor> {
        let bound = 1.0 / (input as f64).sqrt();
        let named = module.bytes().fold(mixed(self.seed), |state, byte| mixed(state ^ u64::from(byte)));
        let number = |place: usize| {
            let share = (mixed(named.wrapping_add(place as u64)) >> 11) as f64 / (1_u64 << 53) as f64;
            ((2.0 * share - 1.0) * bound) as f32
        };
        Ok(Tensor::from_vec((0..rank * input).map(number).collect::<Vec<_>>(), (rank, input), &Device::Cpu)?)
    }

    fn vector(&mut self, name: &str, dtype: DType) -> Result<Vector> {
        let stored = self.checkpoint.take(name)?;
        let begun = self.adapter.as_mut().map_or(Ok(None), |adapter| adapter.saved(name))?;
        let is_begun = begun.is_some();
        let tensor = begun.unwrap_or(stored).dense()?.to_dtype(dtype)?.to_device(&self.device)?;
        Ok(match self.low_rank {
            None => Vector::Trained(self.parameters.add(name.to_owned(), tensor)?),
            Some((low_rank, _)) if name.strip_suffix(".weight").is_some_and(|module| low_rank.saves(module)) => {
                Vector::Trained(self.parameters.add(format!("{WRAPPERS}{name}"), tensor)?)
            }
            Some(_) if is_begun => {
                let message = format!(
                    "the adapter to begin with holds {name:?}, which modules_to_save leaves out: give the \
                     modules_to_save that it was trained with"
                );
                return Err(Error::Training { message });
            }
            Some(_) => Vector::Frozen(tensor),
        })
    }

    fn table(&mut self, name: &str) -> Result<Option<TokenTable>> {
        let Some(stored) = self.checkpoint.take_optional(name)? else { return Ok(None) };
        let tensor = stored.dense()?.to_device(&self.device)?;
        Ok(Some(match self.low_rank {
            None => TokenTable::Trained(self.parameters.add(name.to_owned(), tensor)?),
            Some(_) => TokenTable::Frozen(tensor),
        }))
    }

    fn head(&self, config: &Config, table: TokenTable, objective: &Objective) -> Result<(TrainedHead, usize)> {
        Ok(match objective {
            Objective::Tokens(tokens) => {
                if let Some(token) = tokens.iter().find(|&&token| token as usize >= config.vocabulary) {
                    let message = format!("token {token} is beyond the model's vocabulary of {}", config.vocabulary);
                    return Err(Error::Batch { message });
                }
                let ids = Tensor::new(tokens.as_slice(), &self.device)?;
                (TrainedHead::Tokens { table, tokens: ids }, tokens.len())
            }
            Objective::Vocabulary => {
                let head = match table {
                    TokenTable::Trained(id) => TrainedHead::TrainedVocabulary(id),
                    TokenTable::Frozen(table) => match self.frozen(&table)? {
                        Matrix::Frozen { forward, backward } => TrainedHead::Vocabulary { forward, backward },
                        Matrix::Trained(id) => TrainedHead::TrainedVocabulary(id),
                    },
                };
                (head, config.vocabulary)
            }
        })
    }
}
