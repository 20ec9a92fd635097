//! Safetensors: one file, or shards with an index.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use ::safetensors::{Dtype, SafeTensors};
use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

use super::{Bytes, ModelFiles, Source, Stored, TensorSize};
use crate::{Error, Result};

/// The tensors of one or more safetensors files.
#[derive(Debug)]
pub(crate) struct SafetensorsFiles {
    origin: String,
    files: Vec<File>,
    tensors: HashMap<String, Place>,
}

#[derive(Debug)]
struct File {
    name: String,
    bytes: Bytes,
}

/// Where a tensor's numbers are.
#[derive(Debug)]
struct Place {
    file: usize,
    bytes: Range<usize>,
    shape: Vec<usize>,
    dtype: Dtype,
}

/// `model.safetensors.index.json`.
#[derive(Debug, Deserialize)]
struct Index {
    weight_map: HashMap<String, String>,
}

impl SafetensorsFiles {
    /// Opens the weights in a model's folder.
    pub(crate) fn in_folder(folder: &Path) -> Result<Self> {
        let single = folder.join("model.safetensors");
        let index = folder.join("model.safetensors.index.json");
        if single.is_file() {
            return Self::in_file(&single);
        }
        if index.is_file() {
            return Self::in_shards(folder, &index);
        }
        Err(no_safetensors(folder))
    }

    /// Opens the weights of a model, wherever they are.
    pub(crate) fn of(files: &ModelFiles) -> Result<Self> {
        match files {
            ModelFiles::Files { weights, .. } => Self::in_files(weights),
            ModelFiles::Embedded { weights, .. } => {
                Self::in_bytes("the embedded model".to_owned(), Bytes::Static(weights))
            }
            ModelFiles::Folder(path) | ModelFiles::Gguf(path) => Self::in_folder(path),
        }
    }

    /// Opens one file.
    pub(crate) fn in_file(path: &Path) -> Result<Self> {
        Self::in_bytes(path.display().to_string(), Bytes::map(path)?)
    }

    /// Opens one file or all shards of a model.
    pub(crate) fn in_files(paths: &[PathBuf]) -> Result<Self> {
        let origin = match paths {
            [path] => path.display().to_string(),
            [first, ..] => format!("{} and {} more", first.display(), paths.len() - 1),
            [] => "no file".to_owned(),
        };
        let mut files = Self { origin, files: Vec::new(), tensors: HashMap::new() };
        for path in paths {
            files.add(path.display().to_string(), Bytes::map(path)?)?;
        }
        Ok(files)
    }

    /// Reads bytes that are laid out as a safetensors file; `origin` names them in messages.
    pub(crate) fn in_bytes(origin: String, bytes: Bytes) -> Result<Self> {
        let mut files = Self { origin: origin.clone(), files: Vec::new(), tensors: HashMap::new() };
        files.add(origin, bytes)?;
        Ok(files)
    }

    fn in_shards(folder: &Path, index_path: &Path) -> Result<Self> {
        let origin = index_path.display().to_string();
        let wrong = |message: String| Error::Weights { origin: origin.clone(), message };
        let text = fs::read_to_string(index_path).map_err(|source| Error::Io {
            action: "read the index of shards",
            path: index_path.to_owned(),
            source,
        })?;
        let index: Index =
            serde_json::from_str(&text).map_err(|error| wrong(format!("no index of shards: {error}")))?;
        let mut files = Self { origin: folder.display().to_string(), files: Vec::new(), tensors: HashMap::new() };
        for shard in index.weight_map.values().collect::<BTreeSet<_>>() {
            let path = folder.join(shard);
            if Path::new(shard).file_name().is_none_or(|name| name != shard.as_str()) {
                return Err(wrong(format!("the shard {shard:?} is not a file's name")));
            }
            if !path.is_file() {
                return Err(wrong(format!("the shard {shard:?} is missing: download the model again, in full")));
            }
            files.add(path.display().to_string(), Bytes::map(&path)?)?;
        }
        if let Some((name, shard)) = index.weight_map.iter().find(|(name, _)| !files.tensors.contains_key(*name)) {
            return Err(wrong(format!("the tensor {name:?} is not in the shard {shard:?}, where the index places it")));
        }
        Ok(files)
    }

    fn add(&mut self, name: String, bytes: Bytes) -> Result<()> {
        let wrong = |message: String| Error::Weights { origin: name.clone(), message };
        // The whole of the header is checked here, and that the data have exactly the length it tells.
        let (header, metadata) = SafeTensors::deserialize(&bytes)
            .and_then(|_| SafeTensors::read_metadata(&bytes))
            .map_err(|error| wrong(format!("a damaged or truncated safetensors file: {error}; get it again")))?;
        let start = header + size_of::<u64>();
        let file = self.files.len();
        for (tensor, info) in metadata.tensors() {
            let (from, to) = info.data_offsets;
            let place = Place { file, bytes: start + from..start + to, shape: info.shape.clone(), dtype: info.dtype };
            if self.tensors.insert(tensor.clone(), place).is_some() {
                return Err(wrong(format!("the tensor {tensor:?} is also in another shard")));
            }
        }
        self.files.push(File { name, bytes });
        Ok(())
    }
}

impl SafetensorsFiles {
    /// The type of a tensor's numbers.
    pub(crate) fn dtype(&self, name: &str) -> Result<DType> {
        let place = self.place(name)?;
        match place.dtype {
            Dtype::F32 => Ok(DType::F32),
            Dtype::F16 => Ok(DType::F16),
            Dtype::BF16 => Ok(DType::BF16),
            other => Err(Error::Weights {
                origin: self.files[place.file].name.clone(),
                message: format!("the tensor {name:?} is of the type {other:?}; f32, f16 and bf16 are read"),
            }),
        }
    }

    fn place(&self, name: &str) -> Result<&Place> {
        self.tensors
            .get(name)
            .ok_or_else(|| Error::MissingTensor { origin: self.origin.clone(), name: name.to_owned() })
    }

    /// What the files hold: each tensor's type of number, how many numbers, and how many bytes.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = TensorSize> {
        self.tensors.values().map(|place| TensorSize {
            dtype: place.dtype.to_string(),
            numbers: place.shape.iter().map(|&size| size as u64).product(),
            bytes: place.bytes.len() as u64,
        })
    }
}

impl Source for SafetensorsFiles {
    fn origin(&self) -> &str {
        &self.origin
    }

    fn names(&self) -> Vec<String> {
        self.tensors.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.tensors.get(name).map(|place| place.shape.clone())
    }

    fn load(&self, name: &str) -> Result<Stored> {
        let (place, dtype) = (self.place(name)?, self.dtype(name)?);
        let file = &self.files[place.file];
        let bytes = &file.bytes[place.bytes.clone()];
        Ok(Stored::Dense(Tensor::from_raw_buffer(bytes, dtype, &place.shape, &Device::Cpu)?))
    }
}

/// The error for a folder without safetensors, which says why other weights in it are not read.
fn no_safetensors(folder: &Path) -> Error {
    let names: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect())
        .unwrap_or_default();
    let pickle = names.iter().find(|path| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("bin" | "pt" | "pth" | "ckpt" | "pkl" | "pickle"))
    });
    let message = match pickle.and_then(|path| path.file_name()) {
        Some(name) => format!(
            "the weights are only there as {}: loading a pickle file runs whatever code its author put into it, so only \
             safetensors and GGUF are read; convert it where you trust it, or get the model's safetensors",
            name.display()
        ),
        None => "no model.safetensors, no model.safetensors.index.json: a model's folder holds its weights in \
                 safetensors (or name a GGUF file)"
            .to_owned(),
    };
    Error::Weights { origin: folder.display().to_string(), message }
}
