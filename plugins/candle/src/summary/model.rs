//! What a model is.

use serde::Serialize;
use touchstone::Context;
use touchstone::chat::GenerationPrompt;
use touchstone::generator::Conversation;

use super::AdapterSummary;
use super::weights::{self, WeightsOfType};
use crate::Result;
use crate::chat::chat_template;
use crate::config::{HeadKind, RopeScaling};
use crate::source::{ModelFiles, ModelLocation};
use crate::tokenizer::Tokenizer;

/// What a model is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelSummary {
    /// Where it lies.
    pub location: String,
    /// `safetensors` or `gguf`.
    pub format: &'static str,
    /// The family, as in `llama`.
    pub family: &'static str,
    /// How many numbers its weights are.
    pub parameters: u64,
    /// How many bytes they take in their files.
    pub bytes: u64,
    /// The same by the type of number, the most frequent first.
    pub weights: Vec<WeightsOfType>,
    /// Number of blocks.
    pub layers: usize,
    /// Length of a hidden state.
    pub hidden_size: usize,
    /// Number of query heads.
    pub heads: usize,
    /// Number of key and value heads.
    pub kv_heads: usize,
    /// Length of one head's query or key.
    pub head_dim: usize,
    /// Width of the MLP.
    pub intermediate_size: usize,
    /// Rows of the embedding.
    pub vocabulary: usize,
    /// Positions that the model was made for.
    pub context: usize,
    /// Position encoding.
    pub rope: RopeSummary,
    /// Whether the weights hold no output head of their own, so that the embedding serves.
    pub tied_head: bool,
    /// Whether the head is one over classes, as reward models and classifiers have it.
    pub classifier: bool,
    /// The tokenizer.
    pub tokenizer: TokenizerSummary,
    /// The chat template, if there is one.
    pub chat_template: Option<ChatSummary>,
    /// Adapters in folders within the model's.
    pub adapters: Vec<AdapterSummary>,
}

/// Position encoding.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RopeSummary {
    /// Base of the frequencies.
    pub theta: f64,
    /// How they are changed for a longer context, in words.
    pub scaling: String,
}

/// A tokenizer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenizerSummary {
    /// What kind it is, in words.
    pub kind: String,
    /// One more than its largest token.
    pub size: usize,
    /// The token that begins a text.
    pub bos: Option<TokenSummary>,
    /// The token that ends a text or a turn.
    pub eos: Option<TokenSummary>,
    /// Whether a BOS is put before every text.
    pub adds_bos: bool,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenSummary {
    /// Its id.
    pub id: u32,
    /// Its text in the vocabulary.
    pub text: String,
}

/// A chat template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChatSummary {
    /// Where it was found.
    pub source: String,
    /// A user's question, rendered so that the model is to answer.
    pub example: String,
}

impl ModelSummary {
    /// Looks at the model there.
    ///
    /// # Errors
    /// [`crate::Error`] as the loader gives it.
    pub fn of(context: &Context, location: &ModelLocation) -> Result<Self> {
        let files = location.model_files(context)?;
        let held = weights::look(&files)?;
        let config = held.config;
        let tokenizer = Tokenizer::open(&files)?;
        tokenizer.check_embedding(config.vocabulary)?;
        let adapters = location.adapters_within();
        let adapters = adapters.iter().map(|adapter| AdapterSummary::of(context, adapter)).collect::<Result<_>>()?;
        Ok(Self {
            location: location.to_string(),
            format: match files {
                ModelFiles::Safetensors(_) => "safetensors",
                ModelFiles::Gguf(_) => "gguf",
            },
            family: config.family.name(),
            parameters: held.weights.iter().map(|weights| weights.parameters).sum(),
            bytes: held.weights.iter().map(|weights| weights.bytes).sum(),
            weights: held.weights,
            layers: config.layers,
            hidden_size: config.hidden_size,
            heads: config.heads,
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            intermediate_size: config.intermediate_size,
            vocabulary: config.vocabulary,
            context: config.context,
            rope: RopeSummary { theta: config.rope.theta, scaling: scaling(&config.rope.scaling) },
            tied_head: !held.has_head && config.head == HeadKind::LanguageModel,
            classifier: config.head == HeadKind::Classifier,
            chat_template: chat(&files, &tokenizer)?,
            tokenizer: TokenizerSummary::of(&tokenizer),
            adapters,
        })
    }
}

impl TokenizerSummary {
    fn of(tokenizer: &Tokenizer) -> Self {
        let token = |id: Option<u32>| id.map(|id| TokenSummary { id, text: tokenizer.token(id).unwrap_or_default() });
        Self {
            kind: tokenizer.kind().to_owned(),
            size: tokenizer.vocabulary_size(),
            bos: token(tokenizer.bos()),
            eos: token(tokenizer.eos()),
            adds_bos: tokenizer.adds_bos(),
        }
    }
}

fn chat(files: &ModelFiles, tokenizer: &Tokenizer) -> Result<Option<ChatSummary>> {
    let Some(template) = chat_template(files, tokenizer)? else { return Ok(None) };
    let question = Conversation::user("Is the answer (A)?");
    let example = template.render(&question, GenerationPrompt::Add).map_err(crate::chat::ChatError::from)?;
    Ok(Some(ChatSummary { source: template.name().to_owned(), example }))
}

fn scaling(scaling: &RopeScaling) -> String {
    match scaling {
        RopeScaling::Default => "none".to_owned(),
        RopeScaling::Linear { factor } => format!("linear, factor {factor}"),
        RopeScaling::Llama3 { factor, original_context, .. } => {
            format!("Llama 3, factor {factor} over {original_context} positions")
        }
        RopeScaling::Divisors { .. } => "divisors in the file (rope_freqs)".to_owned(),
    }
}
