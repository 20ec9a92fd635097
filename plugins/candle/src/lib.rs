//! Local models over candle.

pub mod adapter;
mod arithmetic;
pub mod chat;
pub mod config;
pub mod decoder;
mod error;
pub mod gguf;
pub mod source;
pub mod summary;
pub mod tokenizer;
pub mod weights;

pub use config::Config;
pub use decoder::{Batch, Decoder, KvPrefix, Segment};
pub use error::{Error, Result};
