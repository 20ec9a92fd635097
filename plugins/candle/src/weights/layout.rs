//! The names and shapes of a decoder's tensors by its config, as Hugging Face's files name them.

use crate::config::{Config, HeadKind};

/// What a tensor does, for those that make new weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The table of token vectors, or an output head's: [vocabulary, hidden].
    Table,
    /// A linear layer's matrix, [out, in].
    Matrix,
    /// A linear layer's bias, [out].
    Bias,
    /// A norm's factors.
    Norm,
}

/// One tensor of a model.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The name in the file.
    pub name: String,
    /// The shape.
    pub shape: Vec<usize>,
    /// What it does.
    pub role: Role,
}

/// All tensors of a model but a classifier's head, whose shape its file tells; `lm_head.weight` comes last, and may be
/// absent from a file.
pub(crate) fn layout(config: &Config) -> Vec<Entry> {
    let hidden = config.hidden_size;
    let mut entries = Entries(Vec::new());
    entries.add("model.embed_tokens.weight", &[config.vocabulary, hidden], Role::Table);
    for layer in 0..config.layers {
        let prefix = format!("model.layers.{layer}");
        entries.add(format!("{prefix}.input_layernorm.weight"), &[hidden], Role::Norm);
        entries.add(format!("{prefix}.post_attention_layernorm.weight"), &[hidden], Role::Norm);
        let attention = format!("{prefix}.self_attn");
        if config.qk_norm {
            entries.add(format!("{attention}.q_norm.weight"), &[config.head_dim], Role::Norm);
            entries.add(format!("{attention}.k_norm.weight"), &[config.head_dim], Role::Norm);
        }
        let (query, kv, wide) = (config.query_size(), config.kv_size(), config.intermediate_size);
        let biases = config.biases;
        entries.linear(&format!("{attention}.q_proj"), [query, hidden], biases.qkv);
        entries.linear(&format!("{attention}.k_proj"), [kv, hidden], biases.qkv);
        entries.linear(&format!("{attention}.v_proj"), [kv, hidden], biases.qkv);
        entries.linear(&format!("{attention}.o_proj"), [hidden, query], biases.output);
        entries.linear(&format!("{prefix}.mlp.gate_proj"), [wide, hidden], biases.mlp);
        entries.linear(&format!("{prefix}.mlp.up_proj"), [wide, hidden], biases.mlp);
        entries.linear(&format!("{prefix}.mlp.down_proj"), [hidden, wide], biases.mlp);
    }
    entries.add("model.norm.weight", &[hidden], Role::Norm);
    if config.head == HeadKind::LanguageModel {
        entries.add("lm_head.weight", &[config.vocabulary, hidden], Role::Table);
    }
    entries.0
}

struct Entries(Vec<Entry>);

impl Entries {
    fn add(&mut self, name: impl Into<String>, shape: &[usize], role: Role) {
        self.0.push(Entry { name: name.into(), shape: shape.to_vec(), role });
    }

    fn linear(&mut self, name: &str, shape: [usize; 2], biased: bool) {
        self.add(format!("{name}.weight"), &shape, Role::Matrix);
        if biased {
            self.add(format!("{name}.bias"), &shape[..1], Role::Bias);
        }
    }
}
