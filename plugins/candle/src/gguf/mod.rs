//! GGUF files: metadata and the list of tensors, read without the weights.

mod alignment;
mod error;
mod header;
mod metadata;

pub use self::error::GgufError;
pub use self::header::{GgufHeader, GgufTensor};
pub use self::metadata::Metadata;
