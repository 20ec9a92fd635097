//! `openai`: what a recipe may set.

use std::fmt;
use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::{Context, Generator, GeneratorSettings, Result};

use crate::Remote;
use crate::address::shown;

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
///   concurrency: 16
///   timeout_seconds: 600
///   retries: 6
///   first_wait_seconds: 1
///   total_timeout_seconds: null
///   api_key_variable: OPENAI_API_KEY
/// ```
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenAi {
    /// The server's base address, which for most servers ends in `/v1`. A user name and password in it are sent, and shown in
    /// no message; but they stay in the recipe, so an API key is the better way.
    pub url: String,
    /// The model's name, as the server knows it.
    pub model: String,
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
    /// How many requests may be in flight at a time.
    #[serde(default = "sixteen")]
    #[schemars(extend("x-touchstone-same-results" = true))]
    pub concurrency: NonZeroUsize,
    /// How long one request may take, in seconds: it must hold the longest completion.
    #[serde(default = "ten_minutes")]
    #[schemars(extend("x-touchstone-same-results" = true))]
    pub timeout_seconds: f64,
    /// How often a request is tried again after a failure that may pass: no connection, a time-out, HTTP 408, 429 and 5xx, an
    /// answer that breaks off or is no JSON.
    #[serde(default = "six")]
    #[schemars(extend("x-touchstone-same-results" = true))]
    pub retries: u32,
    /// The wait before a request is tried again, in seconds. It doubles with every further attempt, up to a minute, and is
    /// shortened by up to a half, so that requests which failed together do not come back together.
    #[serde(default = "one_second")]
    #[schemars(extend("x-touchstone-same-results" = true))]
    pub first_wait_seconds: f64,
    /// How long one call for completions may take in all, in seconds; without it, as long as it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-touchstone-same-results" = true))]
    pub total_timeout_seconds: Option<f64>,
    /// The name of the environment variable that holds the API key. Where it is not set or empty, no key is sent. The key
    /// itself belongs into no recipe.
    #[serde(default = "usual_variable")]
    #[schemars(extend("x-touchstone-same-results" = true))]
    pub api_key_variable: String,
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
            url: url.into(),
            model: model.into(),
            endpoint: Endpoint::default(),
            top_logprobs: twenty(),
            neutral: Neutral::default(),
            concurrency: sixteen(),
            timeout_seconds: ten_minutes(),
            retries: six(),
            first_wait_seconds: one_second(),
            total_timeout_seconds: None,
            api_key_variable: usual_variable(),
        }
    }
}

impl GeneratorSettings for OpenAi {
    fn open(&self, _context: &Context) -> Result<Box<dyn Generator>> {
        Ok(Box::new(Remote::new(self).map_err(|error| error.of_plugin())?))
    }
}

/// Shows the address without user name and password.
impl fmt::Debug for OpenAi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OpenAi")
            .field("url", &shown(&self.url))
            .field("model", &self.model)
            .field("endpoint", &self.endpoint)
            .field("top_logprobs", &self.top_logprobs)
            .field("neutral", &self.neutral)
            .field("concurrency", &self.concurrency)
            .field("timeout_seconds", &self.timeout_seconds)
            .field("retries", &self.retries)
            .field("first_wait_seconds", &self.first_wait_seconds)
            .field("total_timeout_seconds", &self.total_timeout_seconds)
            .field("api_key_variable", &self.api_key_variable)
            .finish()
    }
}

const TWENTY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(19);
const SIXTEEN: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);

const fn twenty() -> NonZeroUsize {
    TWENTY
}

const fn sixteen() -> NonZeroUsize {
    SIXTEEN
}

const fn ten_minutes() -> f64 {
    600.0
}

const fn six() -> u32 {
    6
}

const fn one_second() -> f64 {
    1.0
}

fn usual_variable() -> String {
    "OPENAI_API_KEY".to_owned()
}
