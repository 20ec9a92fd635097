//! What a model is: its family, sizes, position encoding and heads, read from `config.json` or from a GGUF file's
//! metadata. Whatever would change a number and is not understood is an error, never passed over.

mod gguf;
mod hugging_face;
mod rope;

use std::fmt;

pub(crate) use gguf::GgufModel;
pub use rope::{Rope, RopeScaling};

/// A family of decoders. They differ in biases and in the norm of queries and keys, which [`Config`] says as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// Llama and what is built like it: SmolLM2, DeepSeek-R1-Distill-Llama.
    Llama,
    /// Mistral, where its sliding window is not in force: computed as Llama.
    Mistral,
    /// Qwen2 and Qwen2.5: biases on queries, keys and values.
    Qwen2,
    /// Qwen3: queries and keys are normalised head by head.
    Qwen3,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 4] = [Self::Llama, Self::Mistral, Self::Qwen2, Self::Qwen3];

    /// The name, as `model_type` has it in a `config.json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Mistral => "mistral",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
        }
    }

    /// All names, for messages.
    pub(crate) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// The family of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.name() == name)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What a model's output head is by its config.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadKind {
    /// Logits over the vocabulary.
    LanguageModel,
    /// Logits over a few classes, in tensors named `score.*`: a sequence or token classifier, or a process reward model.
    Classifier,
}

/// Which linear layers of a block carry a bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Biases {
    /// The projections of queries, keys and values.
    pub qkv: bool,
    /// The attention's output projection.
    pub output: bool,
    /// The three matrices of the MLP.
    pub mlp: bool,
}

/// A decoder's shape and constants.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The family.
    pub family: Family,
    /// Length of a hidden state.
    pub hidden_size: usize,
    /// Width of the MLP.
    pub intermediate_size: usize,
    /// Number of blocks.
    pub layers: usize,
    /// Number of query heads.
    pub heads: usize,
    /// Number of key and value heads; divides [`Config::heads`].
    pub kv_heads: usize,
    /// Length of one head's query, key or value; even.
    pub head_dim: usize,
    /// Number of tokens that the embedding knows.
    pub vocabulary: usize,
    /// Positions that the model was made for.
    pub context: usize,
    /// Added to the mean square in RMS norm.
    pub norm_eps: f64,
    /// Position encoding.
    pub rope: Rope,
    /// Which linear layers carry a bias.
    pub biases: Biases,
    /// Whether queries and keys are normalised head by head before the rotation.
    pub qk_norm: bool,
    /// What the config says of the output head. A head of classes is also used where the weights bring one unannounced.
    pub head: HeadKind,
    /// Whether the config calls embedding and output head one. The weights decide: see [`crate::Decoder`].
    pub tied: bool,
    /// The token that begins a text, if the config names one.
    pub bos: Option<u32>,
    /// The tokens that end a text.
    pub eos: Vec<u32>,
    /// Standard deviation of new weights.
    pub initializer_range: f64,
}

impl Config {
    /// The relations that every model keeps.
    fn check(&self) -> Result<(), String> {
        let sizes = [
            ("hidden_size", self.hidden_size),
            ("intermediate_size", self.intermediate_size),
            ("num_hidden_layers", self.layers),
            ("num_attention_heads", self.heads),
            ("num_key_value_heads", self.kv_heads),
            ("head_dim", self.head_dim),
            ("vocab_size", self.vocabulary),
            ("max_position_embeddings", self.context),
        ];
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return Err(format!("{name} is 0"));
        }
        if !self.heads.is_multiple_of(self.kv_heads) {
            return Err(format!("{} query heads cannot share {} key heads evenly", self.heads, self.kv_heads));
        }
        if !self.head_dim.is_multiple_of(2) {
            return Err(format!("head_dim {} is odd: positions turn pairs", self.head_dim));
        }
        if !(self.rope.theta > 0.0 && self.norm_eps >= 0.0) {
            return Err("rope_theta must be above 0 and rms_norm_eps not below".to_owned());
        }
        Ok(())
    }

    /// Length of all of a row's queries.
    pub fn query_size(&self) -> usize {
        self.heads * self.head_dim
    }

    /// Length of all of a row's keys, or values.
    pub fn kv_size(&self) -> usize {
        self.kv_heads * self.head_dim
    }

    /// Number of weights of the base model, a tied head counted once.
    pub fn parameters(&self) -> usize {
        let attention = self.hidden_size * (2 * self.query_size() + 2 * self.kv_size());
        let mlp = 3 * self.hidden_size * self.intermediate_size;
        let embedding = self.vocabulary * self.hidden_size;
        let heads = if self.tied || self.head == HeadKind::Classifier { 1 } else { 2 };
        self.layers * (attention + mlp + 2 * self.hidden_size) + heads * embedding + self.hidden_size
    }
}
