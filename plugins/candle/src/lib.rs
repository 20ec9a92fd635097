//! Local models over candle: decoders of the Llama, Mistral, Qwen2 and Qwen3 families, from safetensors and GGUF files.
//!
//! ```text
//!  config.json ─▶ config ─┐
//!  weights ─────▶ weights ─┼─▶ decoder ─▶ hidden states, logits
//!  LoRA ────────▶ adapter ─┘      │
//!                             arithmetic: candle's tensors
//! ```
//!
//! ```
//! use touchstone_candle::decoder::LoadSettings;
//! use touchstone_candle::weights::ModelFiles;
//! use touchstone_candle::{Batch, Decoder};
//!
//! let files = ModelFiles::Folder("tests/golden/models/llama".into());
//! let decoder = Decoder::load(&files, &LoadSettings::default())?;
//! // A question of four tokens and two CoTs that continue it: the question is computed once.
//! let mut batch = Batch::default();
//! let question = batch.push(&[5, 6, 7, 8], None);
//! batch.push(&[20, 21], Some(question));
//! batch.push(&[30, 31, 32], Some(question));
//! // Read at the last token of each CoT.
//! let hidden = decoder.hidden(&batch, &[5, 8])?;
//! assert_eq!(hidden.dims(), [2, decoder.config().hidden_size]);
//! # Ok::<(), touchstone_candle::Error>(())
//! ```

pub mod adapter;
mod arithmetic;
pub mod chat;
pub mod compute;
pub mod config;
pub mod decoder;
mod error;
pub mod generation;
pub mod gguf;
mod memory;
pub mod merge;
mod model;
pub mod reading;
pub mod source;
mod split_mix;
pub mod summary;
pub mod tokenizer;
pub mod training;
pub mod weights;

pub use config::Config;
pub use decoder::{Batch, Decoder, KvPrefix, Segment};
pub use error::{Error, Result};
pub use model::Model;
