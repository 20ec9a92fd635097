//! Samplers: from the logits of a position to the next token.
//!
//! ```text
//! model ──▶ logits ──penalty, temperature, min-p, top-k, typical-p, top-p──▶ what is left ──draw──▶ token ──▶ model …
//!                                                                 seed, sequence, position ──▲
//! ```
//!
//! | name | the next token | settings |
//! |---|---|---|
//! | `greedy` | the likeliest | `repetition_penalty` |
//! | `temperature` | drawn at random, by its probability | `temperature`, `top_k`, `top_p`, `min_p`, `typical_p`, `repetition_penalty` |
//!
//! | setting | default | range | what it does |
//! |---|---|---|---|
//! | `repetition_penalty` | 1, off | above 0 | makes tokens that occurred already less likely; below 1, likelier |
//! | `temperature` | 1 | at least 0 | divides the logits; below 1e-5 the sampler is greedy |
//! | `min_p` | 0, off | 0 to 1 | drops tokens less likely than this share of the likeliest one's probability |
//! | `top_k` | 0, off | at least 0 | keeps this many of the likeliest tokens |
//! | `typical_p` | 1, off | above 0, at most 1 | keeps the tokens of the most typical surprisal, up to this mass |
//! | `top_p` | 1, off | above 0, at most 1 | keeps the likeliest tokens, up to this mass |
//!
//! They apply in the order of this table, and each sees the distribution that those before it left. The order is vLLM's (which
//! has no typical-p; here it stands before top-p). That of llama.cpp differs: by default it has the temperature last, so the
//! same settings mean something else there.
//!
//! The draw is one uniform number that follows from the seed, the sequence and the position alone
//! ([`Draw`](touchstone::sampler::Draw)). So a sample is the same whatever else is in the batch, and a job that was cut off goes
//! on as if it had not been.
//!
//! ```
//! use touchstone::sampler::{Draw, Sampler, TokenId};
//! use touchstone::{PluginSpec, Registry};
//! use touchstone_samplers as _; // links the plugins in
//!
//! let nucleus = PluginSpec::<dyn Sampler>::named("temperature").with("temperature", 0.7).with("top_p", 0.9);
//! let nucleus = Registry::builtin().make(&nucleus)?;
//! let draw = Draw { seed: 42, sequence: 0, position: 0 };
//! // The second token has more than nine tenths of the mass: it is all that top-p leaves.
//! assert_eq!(nucleus.sample(&mut [0.5, 4.0, -1.0], &[], draw)?, TokenId(1));
//! # Ok::<(), touchstone::Error>(())
//! ```
//!
//! # Add your own
//! One new file and one line. The file, say `src/mirostat.rs`, holds the settings, the [`Sampler`] and the registration
//! ([`greedy.rs`](Greedy) is a whole one, and [`Sampler`] shows another); the line is a `mod` below. Run
//! `cargo test -p touchstone-samplers`: `tests/laws.rs` finds every registered sampler and holds it to the laws, and
//! `touchstone plugins describe mirostat` shows your doc comments.
//!
//! [`Sampler`]: touchstone::Sampler

mod draw;
mod greedy;
mod likeliest;
mod min_p;
mod rank;
mod repetition_penalty;
mod temperature;
mod top_k;
mod top_p;
mod typical_p;
mod weight;

pub use greedy::Greedy;
pub use min_p::MinP;
pub use repetition_penalty::RepetitionPenalty;
pub use temperature::{SoftmaxTemperature, Temperature};
pub use top_k::TopK;
pub use top_p::TopP;
pub use typical_p::TypicalP;
