//! What may go wrong with a local model, said so that the reader knows what to do.

use std::path::PathBuf;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every error of this crate. Each message says what was wrong, where, and where it is not plain, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was attempted, as in "read the weights".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    /// A model's `config.json`, or the metadata of its GGUF file, cannot be used.
    #[error("{origin}: {message}")]
    Config {
        /// The file.
        origin: String,
        /// What is wrong and what to do.
        message: String,
    },

    /// A model of a family that this crate has no decoder for.
    #[error(
        "{origin}: models of the family {family:?} are not supported; known families: {}",
        crate::config::Family::names()
    )]
    UnknownFamily {
        /// The file that names the family.
        origin: String,
        /// The family's name there.
        family: String,
    },

    /// A file of weights cannot be read.
    #[error("{origin}: {message}")]
    Weights {
        /// The file or folder.
        origin: String,
        /// What is wrong and what to do.
        message: String,
    },

    /// A tensor that the model needs is not there.
    #[error(
        "{origin}: the tensor {name:?} is missing: the model's files are incomplete, or its config is another model's"
    )]
    MissingTensor {
        /// The file or folder of the weights.
        origin: String,
        /// The tensor's name.
        name: String,
    },

    /// A tensor is not of the shape that the config asks for.
    #[error("{origin}: the tensor {name:?} has the shape {found:?}, but by the model's config it is {expected:?}")]
    Shape {
        /// The file or folder of the weights.
        origin: String,
        /// The tensor's name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that the config asks for.
        expected: Vec<usize>,
    },

    /// Weights that no part of the model reads.
    #[error(
        "{origin}: {count} tensors are no part of the model that the config describes, {names} among them: scores without them \
         would be another model's; check that config and weights belong together"
    )]
    UnusedTensors {
        /// The file or folder of the weights.
        origin: String,
        /// How many.
        count: usize,
        /// The first few names.
        names: String,
    },

    /// An adapter cannot be used, or not with this base.
    #[error("{origin}: {message}")]
    Adapter {
        /// The adapter's file or folder.
        origin: String,
        /// What is wrong and what to do.
        message: String,
    },

    /// A classifier without its head.
    #[error(
        "{origin}: by its config this is a classifier or reward model, but the head (tensors score.*) is lost: get the model \
         or adapter with its head, as a new one would give random scores"
    )]
    LostClassifier {
        /// The file or folder of the weights.
        origin: String,
    },

    /// The model has no such output head.
    #[error("the model has no output head {wanted}: it is another kind of model than this use needs")]
    NoHead {
        /// Over what.
        wanted: &'static str,
    },

    /// A file could not be written, or a job was ended.
    #[error(transparent)]
    Core(Box<touchstone::Error>),

    /// A model cannot be trained as asked.
    #[error("training: {message}")]
    Training {
        /// What is wrong and what to do.
        message: String,
    },

    /// A batch whose segments do not fit together.
    #[error("a batch of rows is put together wrongly: {message}")]
    Batch {
        /// What does not fit.
        message: String,
    },

    /// The tensor library failed, for want of memory for instance.
    #[error("the tensor library failed: {0}")]
    Candle(#[from] candle_core::Error),

    /// The kernels were called with sizes that do not fit.
    #[error(transparent)]
    Kernel(#[from] touchstone_kernel::KernelError),

    /// The model or adapter is not where it was said to be, or not in a form that is read.
    #[error(transparent)]
    Source(#[from] Box<crate::source::SourceError>),

    /// The tokenizer cannot be read, or does not fit the model.
    #[error(transparent)]
    Tokenizer(#[from] Box<crate::tokenizer::TokenizerError>),

    /// The chat template cannot be read or rendered.
    #[error(transparent)]
    Chat(#[from] Box<crate::chat::ChatError>),

    /// A GGUF file cannot be read.
    #[error(transparent)]
    Gguf(#[from] crate::gguf::GgufError),

    /// The device that was asked for is not there.
    #[error("the device {name} cannot be used: {message}")]
    Device {
        /// Its name in settings.
        name: crate::compute::DeviceName,
        /// Why, and what to do.
        message: String,
    },

    /// A context that the model does not have.
    #[error("context_length is {wanted}, but the model was made for {context} tokens: set no more than that")]
    ContextTooLong {
        /// What was set.
        wanted: usize,
        /// The model's.
        context: usize,
    },

    /// A prompt without a token.
    #[error("prompt {prompt} (from 0) is empty, and the model has no token that begins a text: write something")]
    EmptyPrompt {
        /// Its place in the call.
        prompt: usize,
    },

    /// The job was asked to stop.
    #[error("stopped on request")]
    Cancelled,
}

impl From<crate::source::SourceError> for Error {
    fn from(error: crate::source::SourceError) -> Self {
        Self::Source(Box::new(error))
    }
}

impl From<crate::tokenizer::TokenizerError> for Error {
    fn from(error: crate::tokenizer::TokenizerError) -> Self {
        Self::Tokenizer(Box::new(error))
    }
}

impl From<crate::chat::ChatError> for Error {
    fn from(error: crate::chat::ChatError) -> Self {
        Self::Chat(Box::new(error))
    }
}

impl Error {
    /// An error of the core library.
    pub(crate) fn core(error: touchstone::Error) -> Self {
        Self::Core(Box::new(error))
    }

    /// As the error of the plugin of this name; a job that was stopped stays one.
    pub fn of_plugin(self, plugin: &str) -> touchstone::Error {
        match self {
            Self::Cancelled => touchstone::Error::Cancelled,
            Self::Source(error) if matches!(*error, crate::source::SourceError::Cancelled) => {
                touchstone::Error::Cancelled
            }
            Self::Core(error) => *error,
            error => touchstone::Error::plugin(plugin, error.to_string()),
        }
    }
}
