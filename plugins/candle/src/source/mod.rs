//! Where a model's files are, and which of them are needed.
//!
//! ```text
//! ModelLocation ── a folder, a .gguf file, hf://namespace/name@revision, embedded:tiny
//!       │ model_files              │ adapter_files
//!       ▼                          ▼
//! ModelFiles                  AdapterFiles
//! ```
//!
//! Only what is needed is fetched from the hub. Weights are read from safetensors and GGUF; files that Python's pickle wrote
//! are refused, since reading one runs whatever code is in it.

mod adapter;
mod copy;
mod embedded;
mod error;
mod file;
mod location;
mod model;
mod note;
mod store;
mod weights;

pub use self::adapter::AdapterFiles;
pub use self::error::SourceError;
pub use self::file::ModelFile;
pub use self::location::ModelLocation;
pub use self::model::{ModelFiles, SafetensorsModel};
pub use self::note::TrainingNote;
