//! A generator and verifiers over servers that speak OpenAI's protocol: vLLM, SGLang, llama.cpp.
//!
//! ```text
//! prompts, CoTs ──▶ queue ──many requests in flight──▶ server ──▶ completions, log-probabilities ──▶ verdicts, rewards
//!                     ▲                                  │
//!                     └───── again, after a wait ────────┘
//! ```
//!
//! | name | kind | does |
//! |---|---|---|
//! | `openai` | generator | completes prompts, many requests at a time, and lays out conversations |
//! | `remote_dorm`, `remote_dprm` | verifiers | read rewards at the tags of steps, of a model that a server runs |
//!
//! ```
//! use touchstone::{Context, Generator, PluginSpec, Registry};
//! use touchstone_openai as _; // links the plugin in
//!
//! let spec = PluginSpec::<dyn Generator>::named("openai")
//!     .with("url", "http://127.0.0.1:8000/v1")
//!     .with("model", "Qwen/Qwen3-8B");
//! let context = Context::new(Registry::builtin());
//! let generator = context.registry().make(&spec)?.open(&context)?; // no request is made yet
//! # let _ = generator;
//! # Ok::<(), touchstone::Error>(())
//! ```
//!
//! # Where what is done
//! | file | does |
//! |---|---|
//! | `connection.rs` | what a recipe says of a server, for all plugins of this crate |
//! | `settings.rs` | what a recipe may set of the generator |
//! | `sampling.rs` | from a sampler's name and settings to the parameters that a server understands |
//! | `request.rs` | the body of a request, and its seed |
//! | `abilities.rs` | what the server has refused so far, so that it is asked for once only |
//! | `client.rs`, `reply.rs` | one request until it is answered: time limits, further attempts, cancellation |
//! | `context.rs` | whether a prompt is refused because it fills the model's context |
//! | `address.rs` | the server's address, and what must not appear in messages |
//! | `response.rs` | from an answer's choices to completions |
//! | `stop.rs` | where a completion ends, and why |
//! | `log_probabilities.rs`, `placement.rs` | the tokens of a completion, and where in the text each begins |
//! | `queue.rs` | which request is next |
//! | `generator.rs` | all of it together |
//! | `chat/` | from conversations to prompts: a template that is named, or the server's own |
//! | `tokenizer.rs` | the server's tokenizer |
//! | `steps/` | the verifiers |
//!
//! # What a server decides
//! The same settings give the same completions only as far as the server computes the same twice; most do not promise it when
//! their batches differ, and some ignore the seed. Log-probabilities are those of the untempered distribution where the server
//! tells those: vLLM and llama.cpp do unless they are told otherwise.
//!
//! What this crate adds depends on nothing but settings, request and prompt: seeds follow from the request's seed and the
//! prompt's text, so neither the order nor the number of requests in flight changes them.
//!
//! A server begins every prompt with its tokenizer's BOS by itself, so prompts that are laid out here never begin with one.

mod abilities;
mod address;
mod chat;
mod client;
mod connection;
mod context;
mod error;
mod generator;
mod log_probabilities;
mod placement;
mod queue;
mod reply;
mod request;
mod response;
mod sampling;
mod settings;
mod steps;
mod stop;
mod tokenizer;

pub use connection::Connection;
pub use error::Error;
pub use generator::Remote;
pub use settings::{Endpoint, Neutral, OpenAi};
pub use steps::{Candidates, RemoteDorm, RemoteDprm, RemoteSteps};

/// The generator's name in recipes.
const NAME: &str = "openai";
