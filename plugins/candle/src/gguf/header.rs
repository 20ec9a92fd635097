//! Everything of a GGUF file but its weights.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::Content;

use super::{GgufError, Metadata};

/// Everything of a GGUF file but its weights: metadata, and each tensor's name, shape, type and place.
#[derive(Debug)]
pub struct GgufHeader {
    path: PathBuf,
    content: Content,
}

impl GgufHeader {
    /// Reads the header.
    ///
    /// # Errors
    /// [`GgufError`] if the file cannot be read, is no GGUF, or ends before its tensors do.
    pub fn read(path: &Path) -> Result<Self, GgufError> {
        let file = path.display().to_string();
        let failed = |source| GgufError::Io { file: file.clone(), source };
        let opened = File::open(path).map_err(failed)?;
        let length = opened.metadata().map_err(failed)?.len();
        let content = Content::read(&mut BufReader::new(opened)).map_err(|error| unreadable(&file, &error))?;
        for (name, tensor) in &content.tensor_infos {
            let blocks = (tensor.shape.elem_count() / tensor.ggml_dtype.block_size()) as u64;
            let end = content
                .tensor_data_offset
                .saturating_add(tensor.offset)
                .saturating_add(blocks.saturating_mul(tensor.ggml_dtype.type_size() as u64));
            if end > length {
                let message = format!("the tensor {name} ends at byte {end} and the file at {length}");
                return Err(GgufError::Damaged { file, message });
            }
        }
        Ok(Self { path: path.to_owned(), content })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The header as candle has it, by which it reads the tensors.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The metadata.
    pub fn metadata(&self) -> Metadata<'_> {
        Metadata::new(self.path.display().to_string(), &self.content.metadata)
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
