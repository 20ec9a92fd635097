//! `config.json` as transformers writes it, in its older and its newer form.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Biases, Config, Family, HeadKind, Rope, RopeScaling};
use crate::{Error, Result};

/// The fields that change what a decoder computes. Others are passed over.
#[derive(Debug, Deserialize)]
struct Raw {
    #[serde(default)]
    architectures: Option<Vec<String>>,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    vocab_size: usize,
    max_position_embeddings: usize,
    rms_norm_eps: Option<f64>,
    hidden_act: Option<String>,
    attention_bias: Option<bool>,
    mlp_bias: Option<bool>,
    tie_word_embeddings: Option<bool>,
    rope_theta: Option<f64>,
    rope_scaling: Option<Map<String, Value>>,
    rope_parameters: Option<Map<String, Value>>,
    partial_rotary_factor: Option<f64>,
    sliding_window: Option<usize>,
    use_sliding_window: Option<bool>,
    layer_types: Option<Vec<String>>,
    max_window_layers: Option<usize>,
    quantization_config: Option<Map<String, Value>>,
    bos_token_id: Option<u32>,
    eos_token_id: Option<OneOrMany>,
    initializer_range: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(u32),
    Many(Vec<u32>),
}

impl Config {
    /// Reads the text of a `config.json`; `origin` names the file in messages.
    ///
    /// # Errors
    /// Where a field is missing or wrong, the family is unknown, or the config asks for something that would be computed
    /// wrongly: an unknown scaling of the positions, a sliding window in force, an activation other than SiLU, quantised
    /// weights of another library.
    pub fn from_json(origin: &str, text: &str) -> Result<Self> {
        let wrong = |message: String| Error::Config { origin: origin.to_owned(), message };
        let value: Value = serde_json::from_str(text).map_err(|error| wrong(format!("not JSON: {error}")))?;
        let name = value.get("model_type").and_then(Value::as_str).unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(wrong(format!("no model_type; known families: {}", Family::names())));
        }
        let family =
            Family::named(&name).ok_or_else(|| Error::UnknownFamily { origin: origin.to_owned(), family: name })?;
        let raw: Raw = serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
        raw.into_config(family).map_err(wrong)
    }
}

impl Raw {
    fn into_config(self, family: Family) -> Result<Config, String> {
        self.refuse_what_is_not_computed(family)?;
        let kv_heads = self.num_key_value_heads.unwrap_or(self.num_attention_heads);
        let even = |dim: &usize| dim * self.num_attention_heads == self.hidden_size;
        let derived = self.hidden_size.checked_div(self.num_attention_heads).filter(even);
        let head_dim = self.head_dim.or(derived).ok_or_else(|| {
            format!(
                "hidden_size {} is no multiple of num_attention_heads {} and there is no head_dim",
                self.hidden_size, self.num_attention_heads
            )
        })?;
        let attention_bias = self.attention_bias.unwrap_or(false);
        let biases = match family {
            Family::Qwen2 => Biases { qkv: true, output: false, mlp: false },
            Family::Mistral => Biases::default(),
            Family::Llama => {
                Biases { qkv: attention_bias, output: attention_bias, mlp: self.mlp_bias.unwrap_or(false) }
            }
            Family::Qwen3 => Biases { qkv: attention_bias, output: attention_bias, mlp: false },
        };
        let config = Config {
            family,
            hidden_size: self.hidden_size,
            intermediate_size: self.intermediate_size,
            layers: self.num_hidden_layers,
            heads: self.num_attention_heads,
            kv_heads,
            head_dim,
            vocabulary: self.vocab_size,
            context: self.max_position_embeddings,
            norm_eps: self.rms_norm_eps.unwrap_or(1e-6),
            rope: self.rope()?,
            biases,
            qk_norm: family == Family::Qwen3,
            head: self.head(),
            tied: self.tie_word_embeddings.unwrap_or(false),
            bos: self.bos_token_id,
            eos: match self.eos_token_id {
                None => Vec::new(),
                Some(OneOrMany::One(token)) => vec![token],
                Some(OneOrMany::Many(tokens)) => tokens,
            },
            initializer_range: self.initializer_range.unwrap_or(0.02),
        };
        config.check()?;
        Ok(config)
    }

    fn head(&self) -> HeadKind {
        let classifies = |name: &String| {
            ["ForSequenceClassification", "ForTokenClassification", "ForProcessRewardModel", "ForRewardModel"]
                .iter()
                .any(|suffix| name.ends_with(suffix))
        };
        match &self.architectures {
            Some(names) if names.iter().any(classifies) => HeadKind::Classifier,
            _ => HeadKind::LanguageModel,
        }
    }

    fn refuse_what_is_not_computed(&self, family: Family) -> Result<(), String> {
        if let Some(activation) = self.hidden_act.as_deref().filter(|&name| name != "silu" && name != "swish") {
            return Err(format!("hidden_act {activation:?} is not supported: only \"silu\" is computed"));
        }
        if self.partial_rotary_factor.is_some_and(|factor| factor != 1.0) {
            return Err("a partial_rotary_factor other than 1 is not supported".to_owned());
        }
        if let Some(quantized) = &self.quantization_config {
            let method = quantized.get("quant_method").and_then(Value::as_str).unwrap_or("unknown");
            return Err(format!(
                "the weights are quantised with {method:?}, which is not supported: use the model's f32, f16 or bf16 \
                 safetensors, or a GGUF file"
            ));
        }
        let kinds = self.layer_types.as_deref().unwrap_or_default();
        if let Some(kind) = kinds.iter().find(|&kind| kind != "full_attention" && kind != "sliding_attention") {
            return Err(format!("layer_types has the unknown kind {kind:?}"));
        }
        match self.window(family) {
            Some(window) if window < self.max_position_embeddings => Err(format!(
                "a sliding window of {window} tokens is in force within the context of {} (max_position_embeddings): \
                 sliding windows are not supported, and full attention would give other numbers",
                self.max_position_embeddings
            )),
            _ => Ok(()),
        }
    }

    /// The sliding window that some layer uses.
    fn window(&self, family: Family) -> Option<usize> {
        let window = self.sliding_window?;
        if let Some(kinds) = &self.layer_types {
            return kinds.iter().any(|kind| kind == "sliding_attention").then_some(window);
        }
        match family {
            Family::Mistral => Some(window),
            Family::Llama => None,
            Family::Qwen2 | Family::Qwen3 => {
                let first = self.max_window_layers.unwrap_or(0);
                (self.use_sliding_window == Some(true) && first < self.num_hidden_layers).then_some(window)
            }
        }
    }

    fn rope(&self) -> Result<Rope, String> {
        let (field, settings) = match (&self.rope_parameters, &self.rope_scaling) {
            (Some(parameters), _) => ("rope_parameters", Some(parameters)),
            (None, scaling) => ("rope_scaling", scaling.as_ref()),
        };
        let Some(settings) = settings else {
            return Ok(Rope { theta: self.rope_theta.unwrap_or(10_000.0), scaling: RopeScaling::Default });
        };
        let settings = Settings { field, values: settings };
        let theta = match settings.optional("rope_theta")? {
            Some(theta) => theta,
            None => self.rope_theta.unwrap_or(10_000.0),
        };
        if settings.optional("partial_rotary_factor")?.is_some_and(|factor| factor != 1.0) {
            return Err(format!("{field}: a partial_rotary_factor other than 1 is not supported"));
        }
        let kind = settings.kind()?;
        let scaling = match kind {
            "default" => RopeScaling::Default,
            "linear" => RopeScaling::Linear { factor: settings.positive("factor")? },
            "llama3" => RopeScaling::Llama3 {
                factor: settings.positive("factor")?,
                low_freq_factor: settings.positive("low_freq_factor")?,
                high_freq_factor: settings.positive("high_freq_factor")?,
                original_context: settings.positive("original_max_position_embeddings")?,
            },
            "yarn" | "dynamic" | "longrope" | "su" | "mrope" => {
                return Err(format!(
                    "{field}: the scaling {kind:?} is not supported (default, linear and llama3 are), and leaving it out \
                     would give other numbers"
                ));
            }
            unknown => return Err(format!("{field}: unknown rope_type {unknown:?}; known: default, linear, llama3")),
        };
        Ok(Rope { theta, scaling })
    }
}

/// A table of numbers in the config, named for messages.
struct Settings<'a> {
    field: &'static str,
    values: &'a Map<String, Value>,
}

impl Settings<'_> {
    fn kind(&self) -> Result<&str, String> {
        match self.values.get("rope_type").or_else(|| self.values.get("type")) {
            // The newer form may hold nothing but the base.
            None if self.field == "rope_parameters" && !self.values.values().any(Value::is_object) => Ok("default"),
            None => Err(format!("{}: no rope_type: it is not known how positions are scaled", self.field)),
            Some(Value::String(kind)) => Ok(kind),
            Some(other) => Err(format!("{}: rope_type is {other}, not a name", self.field)),
        }
    }

    fn optional(&self, name: &str) -> Result<Option<f64>, String> {
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_f64() {
                Some(number) => Ok(Some(number)),
                None => Err(format!("{}: {name} is {value}, not a number", self.field)),
            },
        }
    }

    fn positive(&self, name: &str) -> Result<f64, String> {
        match self.optional(name)? {
            Some(number) if number > 0.0 => Ok(number),
            Some(number) => Err(format!("{}: {name} is {number}, not above 0", self.field)),
            None => Err(format!("{}: {name} is missing", self.field)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LLAMA: &str = r#"{
        "model_type": "llama", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "vocab_size": 100, "max_position_embeddings": 64
    }"#;

    fn with(changes: serde_json::Value) -> Result<Config> {
        let mut value: Value = serde_json::from_str(LLAMA).unwrap();
        for (name, change) in changes.as_object().unwrap() {
            value[name] = change.clone();
        }
        Config::from_json("config.json", &value.to_string())
    }

    #[test]
    fn what_is_absent_has_the_value_of_transformers() {
        let config = with(serde_json::json!({})).unwrap();
        assert_eq!((config.kv_heads, config.head_dim), (4, 8));
        assert_eq!(config.norm_eps, 1e-6);
        assert_eq!(config.rope, Rope { theta: 10_000.0, scaling: RopeScaling::Default });
        assert_eq!((config.biases, config.tied), (Biases::default(), false));
        assert!(config.eos.is_empty());
    }

    #[test]
    fn the_end_of_a_text_is_one_token_or_a_list() {
        assert_eq!(with(serde_json::json!({ "eos_token_id": 7 })).unwrap().eos, [7]);
        assert_eq!(with(serde_json::json!({ "eos_token_id": [7, 9] })).unwrap().eos, [7, 9]);
    }

    #[test]
    fn a_head_may_be_wider_than_its_share_of_the_hidden_state() {
        assert_eq!(with(serde_json::json!({ "head_dim": 16 })).unwrap().query_size(), 64);
        assert!(with(serde_json::json!({ "hidden_size": 30 })).unwrap_err().to_string().contains("no multiple"));
        assert!(with(serde_json::json!({ "num_attention_heads": 0 })).unwrap_err().to_string().contains("no multiple"));
        assert!(with(serde_json::json!({ "head_dim": 7 })).unwrap_err().to_string().contains("odd"));
    }

    #[test]
    fn biases_are_the_familys_or_the_configs() {
        let all = with(serde_json::json!({ "attention_bias": true, "mlp_bias": true })).unwrap();
        assert_eq!(all.biases, Biases { qkv: true, output: true, mlp: true });
        let qwen2 = with(serde_json::json!({ "model_type": "qwen2" })).unwrap();
        assert_eq!(qwen2.biases, Biases { qkv: true, output: false, mlp: false });
    }

    #[test]
    fn parameters_are_counted_with_a_tied_head_once() {
        let config = with(serde_json::json!({ "tie_word_embeddings": true })).unwrap();
        assert_eq!(config.parameters(), 100 * 32 + 2 * (4 * 32 * 32 + 3 * 32 * 48 + 64) + 32);
        let untied = with(serde_json::json!({})).unwrap();
        assert_eq!(untied.parameters() - config.parameters(), 100 * 32);
    }
}
