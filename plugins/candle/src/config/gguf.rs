//! A GGUF file's metadata, as llama.cpp's converter writes it.

use std::collections::HashMap;

use candle_core::quantized::gguf_file::Value;

use super::{Biases, Config, Family, HeadKind, Rope, RopeScaling};
use crate::{Error, Result};

/// What a config needs to know of a GGUF file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GgufModel<'a> {
    /// The file, for messages.
    pub origin: &'a str,
    /// Its metadata.
    pub metadata: &'a HashMap<String, Value>,
    /// The shapes of its tensors by their names in the file.
    pub shapes: &'a HashMap<String, Vec<usize>>,
    /// `rope_freqs.weight`, if the file has it: what each pair's frequency is divided by.
    pub divisors: Option<&'a [f32]>,
}

impl Config {
    /// Reads a GGUF file's metadata.
    ///
    /// # Errors
    /// As [`Config::from_json`].
    pub(crate) fn from_gguf(model: GgufModel<'_>) -> Result<Self> {
        let wrong = |message: String| Error::Config { origin: model.origin.to_owned(), message };
        let name = match model.metadata.get("general.architecture") {
            Some(Value::String(name)) => name.clone(),
            _ => return Err(wrong("no general.architecture: the file does not say which model it holds".to_owned())),
        };
        let family = match Family::named(&name) {
            // Mistral comes as "llama".
            Some(family) if family != Family::Mistral => family,
            _ => return Err(Error::UnknownFamily { origin: model.origin.to_owned(), family: name }),
        };
        Metadata { model, architecture: &name }.config(family).map_err(wrong)
    }
}

struct Metadata<'a> {
    model: GgufModel<'a>,
    architecture: &'a str,
}

impl Metadata<'_> {
    fn config(&self, family: Family) -> Result<Config, String> {
        if self.optional("expert_count")?.is_some_and(|count| count > 0) {
            return Err("a mixture of experts is not supported".to_owned());
        }
        let context = self.size("context_length")?;
        if let Some(window) =
            self.optional("attention.sliding_window")?.filter(|&window| window > 0 && window < context)
        {
            return Err(format!(
                "a sliding window of {window} tokens is in force within the context of {context}: not supported"
            ));
        }
        let (hidden_size, heads) = (self.size("embedding_length")?, self.size("attention.head_count")?);
        let head_dim = match self.optional("attention.key_length")? {
            Some(length) => length,
            None => hidden_size.checked_div(heads).unwrap_or_default(),
        };
        if self.optional("attention.value_length")?.is_some_and(|length| length != head_dim) {
            return Err(format!("values of another length than the keys' {head_dim} are not supported"));
        }
        if let Some(turned) = self.optional("rope.dimension_count")?.filter(|&turned| turned != head_dim) {
            return Err(format!("positions turn {turned} of {head_dim} numbers of a head: not supported"));
        }
        let embedding = self.model.shapes.get("token_embd.weight");
        let vocabulary =
            embedding.and_then(|shape| shape.first().copied()).ok_or("the tensor token_embd.weight is missing")?;
        let has = |name: &str| self.model.shapes.contains_key(name);
        let config = Config {
            family,
            hidden_size,
            intermediate_size: self.size("feed_forward_length")?,
            layers: self.size("block_count")?,
            heads,
            kv_heads: self.optional("attention.head_count_kv")?.unwrap_or(heads),
            head_dim,
            vocabulary,
            context,
            norm_eps: self
                .number("attention.layer_norm_rms_epsilon")?
                .ok_or("attention.layer_norm_rms_epsilon is missing")?,
            rope: self.rope(head_dim)?,
            biases: Biases {
                qkv: has("blk.0.attn_q.bias"),
                output: has("blk.0.attn_output.bias"),
                mlp: has("blk.0.ffn_gate.bias"),
            },
            qk_norm: family == Family::Qwen3,
            head: HeadKind::LanguageModel,
            tied: !has("output.weight"),
            bos: self.token("tokenizer.ggml.bos_token_id"),
            eos: self.token("tokenizer.ggml.eos_token_id").into_iter().collect(),
            initializer_range: 0.02,
        };
        config.check()?;
        Ok(config)
    }

    fn rope(&self, head_dim: usize) -> Result<Rope, String> {
        let theta = self.number("rope.freq_base")?.unwrap_or(10_000.0);
        let factor = match self.number("rope.scaling.factor")? {
            Some(factor) => Some(factor),
            None => self.number("rope.scale_linear")?,
        };
        let kind = self.value("rope.scaling.type");
        let factor = match kind {
            Some(Value::String(kind)) if kind == "none" => 1.0,
            Some(Value::String(kind)) if kind == "linear" => factor.ok_or("rope.scaling.factor is missing")?,
            Some(Value::String(kind)) => {
                return Err(format!(
                    "rope.scaling.type {kind:?} is not supported (none and linear are), and leaving it out would give \
                     other numbers"
                ));
            }
            Some(other) => return Err(format!("rope.scaling.type is {other:?}, not a name")),
            None => factor.unwrap_or(1.0),
        };
        if factor.is_nan() || factor <= 0.0 {
            return Err(format!("rope.scaling.factor is {factor}, not above 0"));
        }
        let scaling = match self.model.divisors {
            Some(divisors)
                if divisors.len() != head_dim / 2
                    || divisors.iter().any(|&divisor| divisor.is_nan() || divisor <= 0.0) =>
            {
                return Err(format!("rope_freqs.weight must hold {} numbers above 0", head_dim / 2));
            }
            Some(divisors) => RopeScaling::Divisors { divisors: divisors.to_vec(), factor },
            None if factor == 1.0 => RopeScaling::Default,
            None => RopeScaling::Linear { factor },
        };
        Ok(Rope { theta, scaling })
    }

    /// An entry of the architecture's own.
    fn value(&self, name: &str) -> Option<&Value> {
        self.model.metadata.get(&format!("{}.{name}", self.architecture))
    }

    fn size(&self, name: &str) -> Result<usize, String> {
        self.optional(name)?.ok_or_else(|| format!("{}.{name} is missing from the metadata", self.architecture))
    }

    fn optional(&self, name: &str) -> Result<Option<usize>, String> {
        let Some(value) = self.value(name) else { return Ok(None) };
        match whole(value).and_then(|number| usize::try_from(number).ok()) {
            Some(number) => Ok(Some(number)),
            None => Err(format!("{}.{name} is {value:?}, not a number of this kind", self.architecture)),
        }
    }

    fn number(&self, name: &str) -> Result<Option<f64>, String> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::F32(number)) => Ok(Some(f64::from(*number))),
            Some(Value::F64(number)) => Ok(Some(*number)),
            Some(other) => match whole(other) {
                Some(number) => Ok(Some(number as f64)),
                None => Err(format!("{}.{name} is {other:?}, not a number", self.architecture)),
            },
        }
    }

    fn token(&self, name: &str) -> Option<u32> {
        self.model.metadata.get(name).and_then(whole).and_then(|token| u32::try_from(token).ok())
    }
}

fn whole(value: &Value) -> Option<i64> {
    match *value {
        Value::U8(number) => Some(number.into()),
        Value::I8(number) => Some(number.into()),
        Value::U16(number) => Some(number.into()),
        Value::I16(number) => Some(number.into()),
        Value::U32(number) => Some(number.into()),
        Value::I32(number) => Some(number.into()),
        Value::U64(number) => i64::try_from(number).ok(),
        Value::I64(number) => Some(number),
        _ => None,
    }
}
