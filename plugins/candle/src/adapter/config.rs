//! `adapter_config.json`.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::targets::{Patterns, Targets};
use crate::{Error, Result};

/// Fields that are read, or that matter to training only.
const HARMLESS: [&str; 26] = [
    "auto_mapping",
    "base_model_name_or_path",
    "corda_config",
    "ensure_weight_tying",
    "eva_config",
    "inference_mode",
    "init_lora_weights",
    "layers_pattern",
    "layers_to_transform",
    "loftq_config",
    "lora_alpha",
    "lora_dropout",
    "lora_ga_config",
    "megatron_core",
    "modules_to_save",
    "peft_type",
    "peft_version",
    "qalora_group_size",
    "r",
    "rank_pattern",
    "alpha_pattern",
    "revision",
    "runtime_config",
    "target_modules",
    "exclude_modules",
    "task_type",
];

/// The part of the config that changes what is computed.
#[derive(Debug)]
pub(super) struct AdapterConfig {
    pub task_type: Option<String>,
    pub ensure_weight_tying: bool,
    /// Whether biases of the base were trained, too.
    pub trains_biases: bool,
    base: Option<String>,
    rank: usize,
    alpha: f64,
    rank_stabilised: bool,
    ranks: Patterns,
    alphas: Patterns,
    targets: Targets,
    saved: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Raw {
    r: usize,
    lora_alpha: f64,
    #[serde(default)]
    use_rslora: Option<bool>,
    #[serde(default)]
    rank_pattern: Option<Map<String, Value>>,
    #[serde(default)]
    alpha_pattern: Option<Map<String, Value>>,
    #[serde(default)]
    target_modules: Option<OneOrMany>,
    #[serde(default)]
    exclude_modules: Option<OneOrMany>,
    #[serde(default)]
    layers_to_transform: Option<OneOrMany<usize>>,
    #[serde(default)]
    layers_pattern: Option<OneOrMany>,
    #[serde(default)]
    modules_to_save: Option<Vec<String>>,
    #[serde(default)]
    bias: Option<String>,
    #[serde(default)]
    init_lora_weights: Option<Value>,
    #[serde(default)]
    ensure_weight_tying: Option<bool>,
    #[serde(default)]
    task_type: Option<String>,
    #[serde(default)]
    base_model_name_or_path: Option<String>,
}

/// A value alone or a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany<T = String> {
    One(T),
    Many(Vec<T>),
}

impl AdapterConfig {
    pub fn from_json(origin: &str, text: &str) -> Result<Self> {
        let wrong = |message: String| Error::Adapter { origin: origin.to_owned(), message };
        let values: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| wrong(format!("no JSON object: {error}")))?;
        match values.get("peft_type") {
            Some(Value::String(kind)) if kind == "LORA" => {}
            Some(kind) => return Err(wrong(format!("peft_type {kind} is not supported: only LORA is"))),
            None => return Err(wrong("no peft_type: not the config of a PEFT adapter".to_owned())),
        }
        refuse_variants(&values).map_err(wrong)?;
        let raw: Raw = serde_json::from_value(Value::Object(values)).map_err(|error| wrong(error.to_string()))?;
        raw.into_config().map_err(wrong)
    }

    /// Whether the adapter changes this module.
    pub fn targets(&self, module: &str) -> bool {
        self.targets.holds(module)
    }

    /// Whether the adapter holds the module of this name in full.
    pub fn saves(&self, module: &str) -> bool {
        self.saved.iter().any(|saved| saved.rsplit('.').next() == Some(module))
    }

    /// The rank at a module.
    pub fn rank(&self, module: &str) -> usize {
        self.ranks.value(module).map_or(self.rank, |rank| rank as usize)
    }

    /// The factor of `b a` at a module.
    pub fn scale(&self, module: &str) -> f64 {
        let rank = self.rank(module) as f64;
        let alpha = self.alphas.value(module).unwrap_or(self.alpha);
        if self.rank_stabilised { alpha / rank.sqrt() } else { alpha / rank }
    }

    /// A half-sentence on the base that the adapter was trained on.
    pub fn base_hint(&self) -> String {
        match self.base.as_deref().filter(|base| !base.is_empty()) {
            Some(base) => format!("; the adapter was trained on {base:?}: is this another base?"),
            None => "; is this the base that the adapter was trained on?".to_owned(),
        }
    }
}

/// The last parts of the names of norms.
pub(crate) const NORMS: [&str; 5] = ["norm", "input_layernorm", "post_attention_layernorm", "q_norm", "k_norm"];

impl Raw {
    fn into_config(self) -> Result<AdapterConfig, String> {
        if self.r == 0 {
            return Err("r is 0".to_owned());
        }
        let allowed = ["embed_tokens", "lm_head", "score", "classifier"].into_iter().chain(NORMS);
        let is_allowed = |name: &str| allowed.clone().any(|allowed| name.rsplit('.').next() == Some(allowed));
        let mut saved = self.modules_to_save.unwrap_or_default();
        if let Some(other) = saved.iter().find(|name| !is_allowed(name)) {
            return Err(format!(
                "modules_to_save holds {other:?}: only embed_tokens, lm_head, score and norms are supported"
            ));
        }
        // PEFT names both for every classifier; the models here call theirs score.
        saved.retain(|name| name != "classifier");
        match self.init_lora_weights {
            None | Some(Value::Null | Value::Bool(_)) => {}
            Some(Value::String(kind)) if ["gaussian", "eva", "orthogonal"].contains(&kind.as_str()) => {}
            Some(kind) => {
                return Err(format!(
                    "init_lora_weights is {kind}: this way to begin may change the base's own weights, which is not \
                     supported; save the adapter converted to a plain LoRA"
                ));
            }
        }
        let trains_biases = match self.bias.as_deref() {
            None | Some("none") => false,
            Some("all" | "lora_only") => true,
            Some(other) => return Err(format!("bias {other:?} is not supported: only \"none\" is")),
        };
        let Some(modules) = self.target_modules else { return Err("target_modules names no layer".to_owned()) };
        Ok(AdapterConfig {
            task_type: self.task_type,
            ensure_weight_tying: self.ensure_weight_tying.unwrap_or(false),
            trains_biases,
            base: self.base_model_name_or_path,
            rank: self.r,
            alpha: self.lora_alpha,
            rank_stabilised: self.use_rslora.unwrap_or(false),
            ranks: Patterns::new("rank_pattern", self.rank_pattern)?,
            alphas: Patterns::new("alpha_pattern", self.alpha_pattern)?,
            targets: Targets::new(modules, self.exclude_modules, self.layers_to_transform, self.layers_pattern)?,
            saved,
        })
    }
}

/// Every field that is neither read nor harmless must be unset: a variant that is passed over gives other numbers.
fn refuse_variants(values: &Map<String, Value>) -> Result<(), String> {
    let set = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => true,
    };
    for (name, value) in values {
        let read = HARMLESS.contains(&name.as_str()) || name == "use_rslora" || name == "bias";
        if set(value) && !read {
            let what = match name.as_str() {
                "use_dora" => " (DoRA)",
                "fan_in_fan_out" => " (transposed weights)",
                _ => "",
            };
            return Err(format!("{name}{what} is set to {value}: this variant of LoRA is not supported"));
        }
    }
    Ok(())
}
