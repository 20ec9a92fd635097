//! Completing prompts with a local model: the generator `local`.
//!
//! ```text
//! prompts ──▶ waiting ──prefill──▶ begun (keys and values, first logits) ──▶ active ──a pass a token──▶ completions
//!                    each prompt once            its samples start here        │         ▲
//!                                                                              └─sampler─┘
//! ```
//! A prompt passes the model once, however many samples it has; prompts that are prefilled together compute what they share
//! once. Then every sequence under way has one row in each pass, whatever prompt it belongs to. A sequence that ends makes
//! room for the next one at once, and calls that are made at the same time share every pass. On the CPU a row's bits depend on that row alone, and a sampler draws by the prompt's text
//! and the sample's number: a completion is the same whatever else is under way.
//!
//! ```
//! use std::sync::Mutex;
//!
//! use touchstone::generator::{Completion, GenerationRequest, GeneratorSettings, Prompt, Sample};
//! use touchstone::{Context, PluginSpec, Registry};
//! use touchstone_candle::generation::Local;
//! use touchstone_samplers as _; // links the samplers in
//!
//! let context = Context::new(Registry::builtin());
//! let generator = Local::new("embedded:tiny".parse()?).open(&context)?;
//! let request = GenerationRequest {
//!     samples: 3,
//!     max_tokens: 16,
//!     stop: vec!["\n".to_owned()],
//!     sampler: PluginSpec::named("temperature").with("temperature", 0.6),
//!     seed: 42,
//!     candidates: vec![" Yes".to_owned(), " No".to_owned()],
//! };
//! let completions = Mutex::new(Vec::<(Sample, Completion)>::new());
//! let prompts = [Prompt { text: "Question: What is 2 + 2?\nStep 1:".to_owned() }];
//! generator.generate(&context, &prompts, &request, &|sample, completion| {
//!     completions.lock().unwrap().push((sample, completion));
//! })?;
//! let completions = completions.into_inner()?;
//! assert_eq!(completions.len(), 3);
//! // At every token, what the model thought of it and of the two candidates.
//! let (_, first) = &completions[0];
//! assert!(first.tokens.iter().all(|token| token.candidates.iter().all(|log_probability| log_probability.is_some())));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod awake;
mod call;
mod ends;
mod engine;
mod failure;
mod local;
mod request;
mod schedule;
mod sequence;
mod text;

pub use local::Local;
