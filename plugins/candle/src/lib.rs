//! Local models over candle.

pub mod adapter;
mod arithmetic;
pub mod compute;
pub mod config;
pub mod decoder;
mod error;
pub mod gguf;
mod memory;
mod model;
pub mod reading;
pub mod source;
pub mod tokenizer;
pub mod weights;

pub use config::Config;
pub use decoder::{Batch, Decoder, KvPrefix, Segment};
pub use error::{Error, Result};
pub use model::Model;
