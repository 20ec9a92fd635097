//! GGUF files: metadata and the list of tensors, read without the weights.

mod error;
mod header;
mod metadata;

pub use self::error::GgufError;
pub use self::header::GgufHeader;
pub use self::metadata::Metadata;
