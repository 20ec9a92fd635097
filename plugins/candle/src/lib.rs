//! Local models over candle.

pub mod gguf;
pub mod source;
pub mod tokenizer;
