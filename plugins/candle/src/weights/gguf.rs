//! GGUF files: llama.cpp's names turned into Hugging Face's, and its order of rows turned back.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use candle_core::quantized::GgmlDType;
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::{DType, Device, Tensor};

use super::{Bytes, Source, Stored};
use crate::config::{Config, Family, GgufModel};
use crate::gguf::{GgufHeader, GgufTensor};
use crate::{Error, Result};

/// What each pair's frequency is divided by; part of the config, not a weight.
const DIVISORS: &str = "rope_freqs.weight";

/// A GGUF file.
#[derive(Debug)]
pub(crate) struct GgufFile {
    origin: String,
    bytes: Bytes,
    header: GgufHeader,
    /// Where quantised blocks go.
    device: Device,
    /// By their Hugging Face names.
    tensors: HashMap<String, GgufTensor>,
    /// Number of heads in the rows of queries and keys, where the converter has permuted them.
    permuted: Option<Heads>,
}

#[derive(Debug, Clone, Copy)]
struct Heads {
    q: usize,
    k: usize,
}

impl GgufFile {
    /// Opens a file; blocks that stay quantised go to `device`.
    pub(crate) fn open(path: &Path, device: &Device) -> Result<Self> {
        let origin = path.display().to_string();
        let header = GgufHeader::read(path)?;
        let bytes = Bytes::map(path)?;
        if let Some(name) =
            header.tensors().iter().find(|(_, tensor)| tensor.bytes.end > bytes.len()).map(|(name, _)| name)
        {
            let message = format!("the file became shorter while it was opened, and has no tensor {name:?} any more");
            return Err(Error::Weights { origin, message });
        }
        let tensors = header.tensors().iter();
        let tensors = tensors.map(|(name, tensor)| (hugging_face_name(name), tensor.clone())).collect();
        Ok(Self { origin, bytes, header, device: device.clone(), tensors, permuted: None })
    }

    /// The config in the metadata. To be called before tensors are read: it says how rows are ordered.
    pub(crate) fn config(&mut self) -> Result<Config> {
        let shapes = self.header.tensors().iter();
        let shapes = shapes.map(|(name, tensor)| (name.clone(), tensor.shape.clone())).collect();
        let divisors = match self.tensors.contains_key(DIVISORS) {
            true => Some(self.divisors()?),
            false => None,
        };
        self.tensors.remove(DIVISORS);
        let config = Config::from_gguf(GgufModel {
            origin: &self.origin,
            metadata: self.header.values(),
            shapes: &shapes,
            divisors: divisors.as_deref(),
        })?;
        // llama.cpp turns neighbouring numbers of a head for this architecture, Hugging Face the halves.
        self.permuted = (config.family == Family::Llama).then_some(Heads { q: config.heads, k: config.kv_heads });
        Ok(config)
    }

    fn divisors(&self) -> Result<Vec<f32>> {
        Ok(match self.load(DIVISORS)? {
            Stored::Dense(tensor) => tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?,
            Stored::Quantized(blocks) => blocks.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1()?,
        })
    }

    /// The number of heads by which a tensor's rows were permuted.
    fn heads(&self, name: &str) -> Option<usize> {
        let heads = self.permuted?;
        let (module, _) = name.rsplit_once('.')?;
        match module.rsplit_once('.')?.1 {
            "q_proj" => Some(heads.q),
            "k_proj" => Some(heads.k),
            _ => None,
        }
    }
}

impl Source for GgufFile {
    fn origin(&self) -> &str {
        &self.origin
    }

    fn names(&self) -> Vec<String> {
        self.tensors.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.tensors.get(name).map(|tensor| tensor.shape.clone())
    }

    fn load(&self, name: &str) -> Result<Stored> {
        let Some(tensor) = self.tensors.get(name) else {
            return Err(Error::MissingTensor { origin: self.origin.clone(), name: name.to_owned() });
        };
        let bytes = &self.bytes[tensor.bytes.clone()];
        let rows = tensor.shape.first().copied().unwrap_or(1);
        let bytes = match self.heads(name) {
            Some(heads) => halves_from_neighbours(bytes, rows, heads),
            None => bytes.to_vec(),
        };
        let dtype = match tensor.dtype {
            GgmlDType::F32 => DType::F32,
            GgmlDType::F16 => DType::F16,
            GgmlDType::BF16 => DType::BF16,
            blocks => {
                let tensor = qtensor_from_ggml(blocks, &bytes, tensor.shape.clone(), &self.device)?;
                return Ok(Stored::Quantized(Arc::new(tensor)));
            }
        };
        Ok(Stored::Dense(Tensor::from_raw_buffer(&bytes, dtype, &tensor.shape, &Device::Cpu)?))
    }
}

/// Rows in which the numbers of a pair are neighbours, put so that they are half a head apart. A row's bytes stay
/// together, quantised or not.
fn halves_from_neighbours(bytes: &[u8], rows: usize, heads: usize) -> Vec<u8> {
    let (row, half) = (bytes.len() / rows, rows / heads / 2);
    let mut ordered = Vec::with_capacity(bytes.len());
    for head in 0..heads {
        for second in 0..2 {
            for pair in 0..half {
                let from = (head * 2 * half + 2 * pair + second) * row;
                ordered.extend_from_slice(&bytes[from..from + row]);
            }
        }
    }
    ordered
}

/// Hugging Face's name of a tensor; one that is not known keeps its own, and is found left over.
fn hugging_face_name(name: &str) -> String {
    match name {
        "token_embd.weight" => return "model.embed_tokens.weight".to_owned(),
        "output_norm.weight" => return "model.norm.weight".to_owned(),
        "output.weight" => return "lm_head.weight".to_owned(),
        _ => {}
    }
    let known = || {
        let (layer, rest) = name.strip_prefix("blk.")?.split_once('.')?;
        let (module, kind) = rest.rsplit_once('.')?;
        let module = match module {
            "attn_norm" => "input_layernorm",
            "ffn_norm" => "post_attention_layernorm",
            "attn_q" => "self_attn.q_proj",
            "attn_k" => "self_attn.k_proj",
            "attn_v" => "self_attn.v_proj",
            "attn_output" => "self_attn.o_proj",
            "attn_q_norm" => "self_attn.q_norm",
            "attn_k_norm" => "self_attn.k_norm",
            "ffn_gate" => "mlp.gate_proj",
            "ffn_up" => "mlp.up_proj",
            "ffn_down" => "mlp.down_proj",
            _ => return None,
        };
        Some(format!("model.layers.{layer}.{module}.{kind}"))
    };
    known().unwrap_or_else(|| name.to_owned())
}
