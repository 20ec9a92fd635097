//! What a recipe may set.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::{Context, Result, Verifier, VerifierSettings};

use super::candidates::Candidates;
use super::verifier::StepReader;
use crate::connection::Connection;

/// The settings of a verifier that reads rewards at tags, of a model on a server. The defaults are the paper's.
///
/// The model reads the question and ` \n\n`, then each step and its tag; all are trimmed and freed of tags first. Each of
/// these segments is tokenised on its own by the server's tokenizer, as in training.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct RemoteSteps {
    /// The server, and how it is asked.
    #[serde(flatten)]
    pub connection: Connection,
    /// How many of the likeliest tokens' log-probabilities to ask for at a tag: the candidates must be among them, as they are
    /// with a model that was trained to say them. A server that refuses this many is asked for 20, 10, 5 and 1.
    #[serde(default = "two_hundred")]
    #[schemars(extend("x-touchstone-same-results" = true))]
    pub top_logprobs: NonZeroUsize,
    /// The most tokens that the model is to read of a question and a CoT: one less than the server's context, since it writes
    /// one more. Of a longer text the end is read, and the steps that were cut off have missing rewards. Without it, all is
    /// sent, and the server may refuse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_length: Option<NonZeroUsize>,
    /// What follows each step; ` \n\n\n\n` unless told otherwise.
    #[serde(default = "tag")]
    pub tag: String,
    /// What follows the question; ` \n\n` unless told otherwise.
    #[serde(default = "separator")]
    pub separator: String,
    /// The two texts whose last tokens are weighed against each other at a tag; `-` and `+` unless told otherwise.
    #[serde(default)]
    pub candidates: Candidates,
}

/// A discriminative outcome reward model (dORM) on a server: `dorm`, whose model vLLM, SGLang or llama.cpp runs.
///
/// It gives one reward a step: the softmax of `-` and `+` at the tag after the step. Only the last tag was trained, so the last
/// reward is the CoT's: aggregate by `last`, as the paper does. Assumes that the server tells its tokens (vLLM, llama.cpp).
///
/// ```yaml
/// verifier: { type: remote_dorm, url: "http://127.0.0.1:8000/v1", model: dorm }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RemoteDorm(pub RemoteSteps);

/// A discriminative process reward model (dPRM) on a server: `dprm`, whose model vLLM, SGLang or llama.cpp runs.
///
/// The reward of a step is the softmax of `-` and `+` at the tag after it. A CoT is as good as its weakest step: aggregate by
/// `min`, as the paper does. Assumes that the server tells its tokens (vLLM, llama.cpp).
///
/// ```yaml
/// verifier: { type: remote_dprm, url: "http://127.0.0.1:8000/v1", model: dprm }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RemoteDprm(pub RemoteSteps);

touchstone::register!(Verifier, "remote_dorm", RemoteDorm);
touchstone::register!(Verifier, "remote_dprm", RemoteDprm);

impl VerifierSettings for RemoteDorm {
    fn open(&self, _context: &Context) -> Result<Box<dyn Verifier>> {
        self.0.open("remote_dorm")
    }
}

impl VerifierSettings for RemoteDprm {
    fn open(&self, _context: &Context) -> Result<Box<dyn Verifier>> {
        self.0.open("remote_dprm")
    }
}

impl RemoteSteps {
    /// The paper's settings for the model of this name on this server.
    pub fn new(url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            connection: Connection::new(url, model),
            top_logprobs: two_hundred(),
            context_length: None,
            tag: tag(),
            separator: separator(),
            candidates: Candidates::default(),
        }
    }

    /// The verifier of this name. No request is made yet.
    fn open(&self, verifier: &'static str) -> Result<Box<dyn Verifier>> {
        Ok(Box::new(StepReader::new(verifier, self).map_err(|error| error.of_plugin(verifier))?))
    }
}

const fn two_hundred() -> NonZeroUsize {
    const TWO_HUNDRED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(199);
    TWO_HUNDRED
}

fn tag() -> String {
    " \n\n\n\n".to_owned()
}

fn separator() -> String {
    " \n\n".to_owned()
}
