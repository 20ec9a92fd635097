//! `openai`: what a recipe may set.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::{Context, Generator, GeneratorSettings, Result};

use crate::Remote;
use crate::connection::Connection;

/// Completions by a server that speaks OpenAI's protocol: vLLM, SGLang, llama.cpp.
///
/// Assumes that the server is running; it is asked when there is something to complete, not before. The server samples by
/// itself, so the only samplers are `greedy` and `temperature`. In a recipe, every field with its default:
///
/// ```yaml
/// generator:
///   type: openai
///   url: http://127.0.0.1:8000/v1
///   model: Qwen/Qwen3-8B
///   endpoint: completions
///   top_logprobs: 20
///   neutral: send
///   chat_template: null
///   concurrency: 16
///   timeout_seconds: 600
///   retries: 6
///   first_wait_seconds: 1
///   total_timeout_seconds: null
///   api_key_variable: OPENAI_API_KEY
/// ```
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenAi {
    /// The server, and how it is asked.
    #[serde(flatten)]
    pub connection: Connection,
    /// Which of the server's two ways of completing is used.
    #[serde(default)]
    pub endpoint: Endpoint,
    /// How many of the likeliest tokens' log-probabilities to ask for at each position where a request names candidates. A
    /// server that refuses this many is asked for 10, 5 and 1.
    #[serde(default = "twenty")]
    pub top_logprobs: NonZeroUsize,
    /// What to do with sampling parameters that change nothing.
    #[serde(default)]
    pub neutral: Neutral,
    /// The model's chat template, where the server is not to be asked for it: a `.jinja` file, a `tokenizer_config.json`, or a
    /// folder with either, such as the model's. Conversations are laid out by it here. A `.jinja` file by itself knows no
    /// special tokens; that the text begins with no BOS is right, since the server adds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path-or-hub"))]
    pub chat_template: Option<PathBuf>,
}

/// Which of a server's two ways of completing is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `/completions`: the prompt is continued as it is.
    #[default]
    Completions,
    /// `/chat/completions`: the prompt is one message of a user, around which the server lays the model's chat template. For
    /// servers that have nothing else; a prompt that was laid out already is laid out twice.
    Chat,
}

/// What to do with sampling parameters that change nothing: temperature 1, top_p 1, and the like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Neutral {
    /// They are sent, so that nothing else holds than what the sampler says. vLLM, SGLang and llama.cpp accept this; stricter
    /// servers refuse the parameters that are not OpenAI's.
    #[default]
    Send,
    /// They are not sent. Every server accepts this, but its own defaults hold then: those of the model's
    /// `generation_config.json` with vLLM (unless started with `--generation-config vllm`) and SGLang, and temperature 0.8,
    /// top_k 40, top_p 0.95, min_p 0.05 with llama.cpp.
    Omit,
}

touchstone::register!(Generator, "openai", OpenAi);

impl OpenAi {
    /// The settings for this server and model, everything else at its default.
    pub fn new(url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            connection: Connection::new(url, model),
            endpoint: Endpoint::default(),
            top_logprobs: twenty(),
            neutral: Neutral::default(),
            chat_template: None,
        }
    }
}

impl GeneratorSettings for OpenAi {
    fn open(&self, _context: &Context) -> Result<Box<dyn Generator>> {
        Ok(Box::new(Remote::new(self).map_err(|error| error.of_plugin(crate::NAME))?))
    }
}

const fn twenty() -> NonZeroUsize {
    const TWENTY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(19);
    TWENTY
}
