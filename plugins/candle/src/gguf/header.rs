//! Everything of a GGUF file but its weights.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Seek};
use std::ops::Range;
use std::path::{Path, PathBuf};

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::{Content, TensorInfo, Value};

use super::{GgufError, Metadata, alignment};

/// Everything of a GGUF file but its weights: metadata, and each tensor's shape, type and place.
#[derive(Debug)]
pub struct GgufHeader {
    path: PathBuf,
    metadata: HashMap<String, Value>,
    tensors: HashMap<String, GgufTensor>,
}

/// What a GGUF file says of a tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GgufTensor {
    /// Its shape, rows first.
    pub shape: Vec<usize>,
    /// How its numbers are stored.
    pub dtype: GgmlDType,
    /// Where in the file its bytes are.
    pub bytes: Range<usize>,
}

impl GgufHeader {
    /// Reads the header.
    ///
    /// # Errors
    /// [`GgufError`] if the file cannot be read, is no GGUF, or ends before its tensors do.
    pub fn read(path: &Path) -> Result<Self, GgufError> {
        let file = path.display().to_string();
        let failed = |source| GgufError::Io { file: file.clone(), source };
        let damaged = |message| GgufError::Damaged { file: file.clone(), message };
        let opened = File::open(path).map_err(failed)?;
        let length = opened.metadata().map_err(failed)?.len();
        let mut opened = BufReader::new(opened);
        if alignment::is_zero(&mut opened).map_err(failed)? {
            return Err(damaged("its tensors are said to lie at multiples of 0 bytes (general.alignment)".to_owned()));
        }
        opened.rewind().map_err(failed)?;
        let content = Content::read(&mut opened).map_err(|error| unreadable(&file, &error))?;
        let mut tensors = HashMap::with_capacity(content.tensor_infos.len());
        for (name, info) in content.tensor_infos {
            let tensor = GgufTensor::of(&info, content.tensor_data_offset, length);
            let tensor = tensor.map_err(|fault| damaged(format!("the tensor {name:?} {fault}")))?;
            tensors.insert(name, tensor);
        }
        Ok(Self { path: path.to_owned(), metadata: content.metadata, tensors })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The tensors by their names in the file. The file holds the bytes of all of them.
    pub fn tensors(&self) -> &HashMap<String, GgufTensor> {
        &self.tensors
    }

    /// The metadata.
    pub fn metadata(&self) -> Metadata<'_> {
        Metadata::new(self.path.display().to_string(), &self.metadata)
    }

    /// The metadata as candle has it.
    pub(crate) fn values(&self) -> &HashMap<String, Value> {
        &self.metadata
    }
}

impl GgufTensor {
    /// In a file of this length, where the bytes of all tensors begin at `data`.
    fn of(info: &TensorInfo, data: u64, length: u64) -> Result<Self, String> {
        let (shape, dtype) = (info.shape.dims().to_vec(), info.ggml_dtype);
        let count = shape.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
        let size = count
            .filter(|count| count.is_multiple_of(dtype.block_size()))
            .and_then(|count| (count / dtype.block_size()).checked_mul(dtype.type_size()))
            .ok_or_else(|| format!("has the impossible shape {shape:?}"))?;
        let start = data.saturating_add(info.offset);
        let end = start.saturating_add(size as u64);
        match (usize::try_from(start), usize::try_from(end)) {
            (Ok(start), Ok(end_place)) if end <= length => Ok(Self { shape, dtype, bytes: start..end_place }),
            _ => Err(format!("ends at byte {end}, and the file at {length}: the file is truncated")),
        }
    }
}

fn unreadable(file: &str, error: &candle_core::Error) -> GgufError {
    let file = file.to_owned();
    // Candle stops at the first tensor of a type that it cannot read, and tells its number.
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    match line.split("unknown dtype for tensor ").nth(1).and_then(|number| number.trim().parse().ok()) {
        Some(number) => GgufError::TensorType { file, name: type_name(number) },
        None => GgufError::Damaged { file, message: line.to_owned() },
    }
}

/// GGML's names of the types that candle does not read (`ggml_type` of ggml.h).
fn type_name(number: u32) -> String {
    let name = match number {
        16 => "IQ2_XXS",
        17 => "IQ2_XS",
        18 => "IQ3_XXS",
        19 => "IQ1_S",
        20 => "IQ4_NL",
        21 => "IQ3_S",
        22 => "IQ2_S",
        23 => "IQ4_XS",
        29 => "IQ1_M",
        34 => "TQ1_0",
        35 => "TQ2_0",
        39 => "MXFP4",
        _ => return format!("number {number}"),
    };
    name.to_owned()
}
