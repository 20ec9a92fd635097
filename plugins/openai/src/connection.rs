//! What a recipe says of a server and how it is asked: the same for everything in this crate.

use std::fmt;
use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::shown;

/// A server, and how it is asked.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    /// The server's base address, which for most servers ends in `/v1`. It says where the model runs and not which one it is, so
    /// a job may go on with a server elsewhere. A user name and password in it are sent, and shown in no message; but they stay
    /// in the recipe, so an API key is the better way.
    #[schemars(extend("x-touchstone-same-results" = true))]
    pub url: String,
    /// The model's name, as the server knows it. It stands for the model in what results are made from: give another model, or
    /// another adapter, another name.
    pub model: String,
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

impl Connection {
    /// This server and model, everything else at its default.
    pub fn new(url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            model: model.into(),
            concurrency: sixteen(),
            timeout_seconds: ten_minutes(),
            retries: six(),
            first_wait_seconds: one_second(),
            total_timeout_seconds: None,
            api_key_variable: usual_variable(),
        }
    }
}

/// Shows the address without user name and password.
impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Connection")
            .field("url", &shown(&self.url))
            .field("model", &self.model)
            .field("concurrency", &self.concurrency)
            .field("timeout_seconds", &self.timeout_seconds)
            .field("retries", &self.retries)
            .field("first_wait_seconds", &self.first_wait_seconds)
            .field("total_timeout_seconds", &self.total_timeout_seconds)
            .field("api_key_variable", &self.api_key_variable)
            .finish()
    }
}

const fn sixteen() -> NonZeroUsize {
    const SIXTEEN: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);
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
