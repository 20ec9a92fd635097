//! Merging a LoRA adapter into its base for good: a model that every program loads.
//!
//! Tensors go through memory one at a time, so a model may be far larger than it. What the adapter does not change keeps its
//! bytes.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{DType, Tensor};
use serde_json::json;

use crate::adapter::{Adapter, AdapterFiles};
use crate::config::Config;
use crate::source::ModelFiles;
use crate::weights::{Checkpoint, Outgoing, Role, SafetensorsFiles, Source, layout, write_safetensors};
use crate::{Error, Result};

const HEAD: &str = "lm_head";

/// How a merged model is written.
#[derive(Debug, Clone, Copy)]
pub struct MergeSettings {
    /// The type of all numbers; `None` leaves each tensor's.
    pub dtype: Option<MergedType>,
    /// The most bytes of a file of weights, or one tensor.
    pub shard_bytes: u64,
}

/// A type of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergedType {
    /// 32 bits.
    F32,
    /// 16 bits, as IEEE 754 has it.
    F16,
    /// 16 bits with the range of 32.
    Bf16,
}

impl MergedType {
    fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::F16 => DType::F16,
            Self::Bf16 => DType::BF16,
        }
    }

    /// The name in a model's config.
    fn name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::F16 => "float16",
            Self::Bf16 => "bfloat16",
        }
    }
}

impl Default for MergeSettings {
    fn default() -> Self {
        Self { dtype: None, shard_bytes: 5_000_000_000 }
    }
}

/// What was merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Tensors of the model.
    pub tensors: usize,
    /// Those that the adapter changed.
    pub changed: usize,
    /// The files of weights, by name.
    pub files: Vec<String>,
    /// Bytes of all weights together.
    pub bytes: u64,
}

/// Writes the base with the adapter merged into `folder`: `W + scale B A` in f32, rounded once to the type it is written in;
/// and beside the weights config, tokenizer and chat template.
///
/// # Errors
/// Where the base is no model of safetensors, the adapter is another base's or changes what cannot be merged, or a file cannot
/// be read or written. Weights are written last: a folder without them is no model.
pub fn merge(base: &ModelFiles, adapter: &AdapterFiles, settings: &MergeSettings, folder: &Path) -> Result<Merged> {
    let ModelFiles::Safetensors(model) = base else {
        return Err(Error::Weights {
            origin: "the base".to_owned(),
            message:
                "weights in a GGUF file cannot be merged into: name the model's safetensors, from which it was made"
                    .to_owned(),
        });
    };
    let config_text = model.config.read()?;
    let config = Config::from_json(&model.config.to_string(), &String::from_utf8_lossy(&config_text))?;
    let weights = base.for_decoder()?;
    Checkpoint::new(Box::new(SafetensorsFiles::of(&weights)?), &config).check()?;
    let mut merging = Merging { tensors: SafetensorsFiles::of(&weights)?, adapter: Adapter::open(adapter)?, settings };
    let (outgoing, changed) = merging.plan(&config)?;
    std::fs::create_dir_all(folder).map_err(|source| Error::Io {
        action: "make the folder",
        path: folder.to_owned(),
        source,
    })?;
    model.copy_all_but_weights(folder, settings.dtype.map(MergedType::name))?;
    let shards = shards(&outgoing, settings.shard_bytes);
    let mut files = Vec::with_capacity(shards.len());
    let metadata = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
    for (index, shard) in shards.iter().enumerate() {
        let name = match shards.len() {
            1 => "model.safetensors".to_owned(),
            count => format!("model-{:05}-of-{count:05}.safetensors", index + 1),
        };
        write_safetensors(&folder.join(&name), &metadata, shard, |tensor| merging.merged(tensor))?;
        files.push(name);
    }
    let bytes = outgoing.iter().map(|tensor| tensor.bytes() as u64).sum();
    if files.len() > 1 {
        write_index(folder, &shards, &files, bytes)?;
    }
    merging.adapter.finish()?;
    Ok(Merged { tensors: outgoing.len(), changed, files, bytes })
}

/// A base and an adapter while they are merged.
struct Merging<'a> {
    tensors: SafetensorsFiles,
    adapter: Adapter,
    settings: &'a MergeSettings,
}

impl Merging<'_> {
    /// The tensors that will be written, and how many of them the adapter changes. Everything that could be refused is.
    fn plan(&mut self, config: &Config) -> Result<(Vec<Outgoing>, usize)> {
        let matrices: Vec<(String, [usize; 2])> = layout(config)
            .into_iter()
            .filter(|entry| entry.role == Role::Matrix)
            .filter_map(|entry| Some((entry.name.strip_suffix(".weight")?.to_owned(), entry.shape.try_into().ok()?)))
            .collect();
        let mut changed = 0;
        for (module, shape) in &matrices {
            changed += usize::from(self.adapter.low_rank(module, *shape)?.is_some());
        }
        let head = [config.vocabulary, config.hidden_size];
        let has_head = self.tensors.shape("lm_head.weight").is_some();
        let head_changes = self.adapter.low_rank(HEAD, head)?.is_some() || self.adapter.holds("lm_head.weight");
        let embedding_changes = self.adapter.holds("model.embed_tokens.weight");
        if !has_head && (head_changes || (embedding_changes && !self.adapter.ties_saved_embedding())) {
            return Err(self.adapter.wrong(
                "the base has one table for its embedding and its head, and the adapter changes one of the two alone: such a \
                 merge is not supported; use the adapter as it is"
                    .to_owned(),
            ));
        }
        let mut names = self.tensors.names();
        names.sort();
        let mut outgoing = Vec::with_capacity(names.len());
        for name in names {
            let Some(shape) = self.tensors.shape(&name) else { continue };
            if self.adapter.holds(&name) {
                changed += 1;
            }
            let dtype = match self.settings.dtype {
                Some(dtype) => dtype.dtype(),
                None => self.tensors.dtype(&name)?,
            };
            outgoing.push(Outgoing { name, dtype, shape });
        }
        changed += usize::from(has_head && self.adapter.low_rank(HEAD, head)?.is_some());
        for name in outgoing.iter().map(|tensor| tensor.name.as_str()) {
            if self.adapter.holds(name) {
                self.adapter.saved(name)?;
            }
        }
        self.adapter.check_used()?;
        Ok((outgoing, changed))
    }

    /// A tensor as it is written.
    fn merged(&mut self, outgoing: &Outgoing) -> Result<Tensor> {
        let name = outgoing.name.as_str();
        if self.adapter.holds(name)
            && let Some(saved) = self.adapter.saved(name)?
        {
            return Ok(saved.dense()?.to_dtype(outgoing.dtype)?);
        }
        let tensor = self.tensors.load(name)?.dense()?;
        let change = match (name.strip_suffix(".weight"), &outgoing.shape[..]) {
            (Some(module), &[out, input]) if is_linear(name) => self.adapter.low_rank(module, [out, input])?,
            _ => None,
        };
        let Some(low_rank) = change else { return Ok(tensor.to_dtype(outgoing.dtype)?) };
        let zero = |part: &Tensor| -> Result<bool> {
            Ok(part.flatten_all()?.to_vec1::<f32>()?.iter().all(|number| *number == 0.0))
        };
        // Adding zeros would make a 0 of a -0.
        if zero(&low_rank.b)? || zero(&low_rank.a)? {
            return Ok(tensor.to_dtype(outgoing.dtype)?);
        }
        Ok(low_rank.added_to(&tensor)?.to_dtype(outgoing.dtype)?)
    }
}

/// Whether a tensor is a linear layer's: an adapter that targets "all-linear" does not mean tables and norms.
fn is_linear(name: &str) -> bool {
    name.ends_with("_proj.weight") || name == "lm_head.weight"
}

/// Tensors in their order, cut into files.
fn shards(tensors: &[Outgoing], most: u64) -> Vec<Vec<Outgoing>> {
    let mut shards: Vec<Vec<Outgoing>> = Vec::new();
    let mut taken = 0;
    for tensor in tensors {
        let bytes = tensor.bytes() as u64;
        match shards.last_mut() {
            Some(shard) if taken + bytes <= most => {
                taken += bytes;
                shard.push(tensor.clone());
            }
            _ => {
                taken = bytes;
                shards.push(vec![tensor.clone()]);
            }
        }
    }
    shards
}

fn write_index(folder: &Path, shards: &[Vec<Outgoing>], files: &[String], bytes: u64) -> Result<()> {
    let places =
        shards.iter().zip(files).flat_map(|(shard, file)| shard.iter().map(move |tensor| (&tensor.name, file)));
    let places: BTreeMap<&String, &String> = places.collect();
    let index = format!("{:#}\n", json!({ "metadata": { "total_size": bytes }, "weight_map": places }));
    touchstone::write_atomically(folder.join("model.safetensors.index.json"), |writer| {
        Ok(writer.write_all(index.as_bytes())?)
    })
    .map_err(Error::core)
}
