//! What may be wrong with a GGUF file.

/// A GGUF file cannot be read, or lacks what a model needs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GgufError {
    /// The file could not be read.
    #[error("could not read {file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },

    /// The file is no GGUF, or its header is damaged.
    #[error("{file} is damaged or no GGUF file: {message}; download it again")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong.
        message: String,
    },

    /// Tensors in a form that is not read.
    #[error(
        "{file} holds tensors of the GGML type {name}, which is not read here: take a file in F32, F16, BF16, Q4_0 to Q8_1 \
         or Q2_K to Q8_K"
    )]
    TensorType {
        /// The file.
        file: String,
        /// The type's name, or its number.
        name: String,
    },

    /// An entry that must be there is not.
    #[error("{file} has no metadata entry {key}: convert the model again with a current converter")]
    MissingKey {
        /// The file.
        file: String,
        /// The entry.
        key: String,
    },

    /// An entry of another type.
    #[error(
        "{file}: the metadata entry {key} should be {wanted}, and is not: convert the model again with a current converter"
    )]
    WrongKind {
        /// The file.
        file: String,
        /// The entry.
        key: String,
        /// What it should be.
        wanted: &'static str,
    },
}
