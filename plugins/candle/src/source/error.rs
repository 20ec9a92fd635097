//! What may be wrong with the place where a model should be.

use std::path::PathBuf;

use touchstone::data::DataError;
use touchstone::hub::HubError;

use crate::gguf::GgufError;

/// A model or adapter is not where it was said to be, or not in a form that can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The text is no hub reference.
    #[error(transparent)]
    Reference(DataError),

    /// The hub could not serve.
    #[error(transparent)]
    Hub(#[from] HubError),

    /// A GGUF file is damaged.
    #[error(transparent)]
    Gguf(#[from] GgufError),

    /// What was noted of a training is damaged.
    #[error("{file}: {message}; it is written beside what `touchstone train` trains: train again, or remove it")]
    Note {
        /// The file.
        file: String,
        /// What is wrong.
        message: String,
    },

    /// Nothing is there.
    #[error("there is no model at {}: name a folder, a .gguf file, hf://namespace/name@revision, or an embedded model", path.display())]
    Absent {
        /// Where it was looked for.
        path: PathBuf,
    },

    /// A file that is no model.
    #[error(
        "{place} is not a model: name a .gguf file, or the folder that holds config.json, tokenizer.json and the weights"
    )]
    NotAModel {
        /// The file.
        place: String,
    },

    /// Weights only in pickle files.
    #[error(
        "{place}: {file} is a pickle file, and reading one runs the code that is in it, so it is refused. Save the weights \
         as safetensors: in Python, on a machine that may run that code, \
         AutoModelForCausalLM.from_pretrained(…).save_pretrained(…)"
    )]
    Pickle {
        /// The folder, file or repository.
        place: String,
        /// The first such file.
        file: String,
    },

    /// No weights at all.
    #[error("{place} holds no weights: neither model.safetensors, nor its shards with an index, nor a .gguf file")]
    NoWeights {
        /// The folder or repository.
        place: String,
    },

    /// Safetensors that are neither whole nor shards with an index.
    #[error(
        "{place} holds safetensors ({}), but neither model.safetensors nor the shards' index \
         model.safetensors.index.json: the download is not complete, or the file has another name", files.join(", ")
    )]
    Unnamed {
        /// The folder or repository.
        place: String,
        /// The files.
        files: Vec<String>,
    },

    /// Several GGUF files of which each could be the model.
    #[error("{place} holds several GGUF files ({}): name one of them, as in {place}/{}", files.join(", "), files[0])]
    SeveralGguf {
        /// The folder or repository.
        place: String,
        /// The files.
        files: Vec<String>,
    },

    /// One part of a GGUF that was split.
    #[error("{place} is one part of a GGUF that was split: join the parts first (gguf-split --merge of llama.cpp)")]
    SplitGguf {
        /// The file.
        place: String,
    },

    /// The index of the shards names a file that is not there.
    #[error("{place}: {index} names {shard}, which is not there: the download is not complete")]
    MissingShard {
        /// The folder or repository.
        place: String,
        /// The index.
        index: String,
        /// The absent shard.
        shard: String,
    },

    /// The index of the shards is not in its form.
    #[error("{place} is no index of safetensors shards: {message}")]
    Index {
        /// The file.
        place: String,
        /// What is wrong.
        message: String,
    },

    /// A file without which no model can be read.
    #[error("{place} has no {file}{remedy}")]
    Missing {
        /// The folder or repository.
        place: String,
        /// The absent file.
        file: &'static str,
        /// What to do.
        remedy: &'static str,
    },

    /// An adapter where a model is asked for.
    #[error(
        "{place} is an adapter and not a model: give it as the adapter, and as the model the one that it was trained on{}",
        base.as_ref().map(|base| format!(" ({base})")).unwrap_or_default()
    )]
    IsAdapter {
        /// The folder or repository.
        place: String,
        /// The base that its configuration names.
        base: Option<String>,
    },

    /// No adapter where one is asked for.
    #[error(
        "{place} holds no adapter: adapter_config.json and adapter_model.safetensors must be there, as PEFT writes them"
    )]
    NotAnAdapter {
        /// The folder or repository.
        place: String,
    },

    /// A placeholder of Git LFS.
    #[error("{} is a placeholder of Git LFS and not the file itself: run `git lfs pull`, or download it again", path.display())]
    Placeholder {
        /// The file.
        path: PathBuf,
    },

    /// No such embedded model.
    #[error("there is no embedded model {name:?}; {}", if known.is_empty() { "this build has none".to_owned() } else { format!("there is {}", known.join(", ")) })]
    NotEmbedded {
        /// What was asked for.
        name: String,
        /// Those that are there.
        known: Vec<&'static str>,
    },

    /// A file could not be read.
    #[error("could not read {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    /// The job was asked to stop.
    #[error("stopped on request")]
    Cancelled,
}
