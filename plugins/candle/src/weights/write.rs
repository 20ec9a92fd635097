//! Writing safetensors: one tensor at a time, so that a file may be larger than the memory.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde_json::{Map, Value, json};

use crate::{Error, Result};

/// A tensor that will be written.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    /// Its name in the file.
    pub name: String,
    /// f32, f16 or bf16.
    pub dtype: DType,
    /// Its shape.
    pub shape: Vec<usize>,
}

impl Outgoing {
    /// The tensor of this name, as it is.
    pub(crate) fn of(name: &str, tensor: &Tensor) -> Self {
        Self { name: name.to_owned(), dtype: tensor.dtype(), shape: tensor.dims().to_vec() }
    }

    /// How many bytes its numbers take.
    pub(crate) fn bytes(&self) -> usize {
        self.shape.iter().product::<usize>() * self.dtype.size_in_bytes()
    }
}

/// Writes a file of these tensors in one piece. `load` is asked for each of them once, in their order; its tensors have the
/// types and shapes that were said.
pub(crate) fn write_safetensors(
    path: &Path,
    metadata: &BTreeMap<String, String>,
    tensors: &[Outgoing],
    mut load: impl FnMut(&Outgoing) -> Result<Tensor>,
) -> Result<()> {
    let header = header(metadata, tensors)?;
    touchstone::write_atomically(path, |writer| {
        writer.write_all(&(header.len() as u64).to_le_bytes())?;
        writer.write_all(&header)?;
        for outgoing in tensors {
            let bytes = load(outgoing)
                .and_then(|tensor| bytes_of(&tensor, outgoing))
                .map_err(|error| error.of_plugin("safetensors"))?;
            writer.write_all(&bytes)?;
        }
        Ok(())
    })
    .map_err(Error::core)
}

/// Writes a file of tensors that are in memory, in one piece.
pub(crate) fn write_tensors(
    path: &Path,
    metadata: &BTreeMap<String, String>,
    tensors: &[(String, Tensor)],
) -> Result<()> {
    let outgoing: Vec<Outgoing> = tensors.iter().map(|(name, tensor)| Outgoing::of(name, tensor)).collect();
    let mut left = tensors.iter();
    write_safetensors(path, metadata, &outgoing, |_| match left.next() {
        Some((_, tensor)) => Ok(tensor.clone()),
        None => Err(candle_core::Error::Msg("fewer tensors than were named".to_owned()).into()),
    })
}

/// The header: JSON, filled up with spaces so that the numbers begin at a multiple of eight bytes.
fn header(metadata: &BTreeMap<String, String>, tensors: &[Outgoing]) -> Result<Vec<u8>> {
    let mut entries = Map::new();
    if !metadata.is_empty() {
        entries.insert("__metadata__".to_owned(), json!(metadata));
    }
    let mut end = 0;
    for tensor in tensors {
        let dtype = match tensor.dtype {
            DType::F32 => "F32",
            DType::F16 => "F16",
            DType::BF16 => "BF16",
            other => return Err(candle_core::Error::Msg(format!("no {other:?} in safetensors here")).into()),
        };
        let start = end;
        end += tensor.bytes();
        let entry = json!({ "dtype": dtype, "shape": tensor.shape, "data_offsets": [start, end] });
        entries.insert(tensor.name.clone(), entry);
    }
    let mut header = Value::Object(entries).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    Ok(header)
}

fn bytes_of(tensor: &Tensor, outgoing: &Outgoing) -> Result<Vec<u8>> {
    if tensor.dtype() != outgoing.dtype || tensor.dims() != outgoing.shape {
        let message = format!("{} was to be {:?} {:?}", outgoing.name, outgoing.dtype, outgoing.shape);
        return Err(Error::Weights { origin: "a tensor to be written".to_owned(), message });
    }
    let tensor = tensor.to_device(&Device::Cpu)?.flatten_all()?;
    Ok(match outgoing.dtype {
        DType::F16 => tensor.to_vec1::<half::f16>()?.iter().flat_map(|number| number.to_le_bytes()).collect(),
        DType::BF16 => tensor.to_vec1::<half::bf16>()?.iter().flat_map(|number| number.to_le_bytes()).collect(),
        _ => tensor.to_vec1::<f32>()?.iter().flat_map(|number| number.to_le_bytes()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::{SafetensorsFiles, Source};

    #[test]
    fn what_is_written_reads_back_in_every_type() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let whole = Tensor::new(&[[1.0_f32, -2.5], [0.25, 8.0]], &Device::Cpu).unwrap();
        let types = [("f32", DType::F32), ("f16", DType::F16), ("bf16", DType::BF16)];
        let outgoing: Vec<Outgoing> =
            types.map(|(name, dtype)| Outgoing::of(name, &whole.to_dtype(dtype).unwrap())).to_vec();
        let metadata = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
        write_safetensors(&path, &metadata, &outgoing, |tensor| Ok(whole.to_dtype(tensor.dtype)?)).unwrap();
        let files = SafetensorsFiles::in_file(&path).unwrap();
        for (name, dtype) in types {
            let read = files.load(name).unwrap().dense().unwrap();
            assert_eq!(read.dtype(), dtype);
            let read: Vec<Vec<f32>> = read.to_dtype(DType::F32).unwrap().to_vec2().unwrap();
            assert_eq!(read, [[1.0, -2.5], [0.25, 8.0]]);
        }
    }

    #[test]
    fn a_tensor_of_another_type_than_was_said_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let whole = Tensor::new(&[1.0_f32], &Device::Cpu).unwrap();
        let outgoing = Outgoing { name: "a".to_owned(), dtype: DType::F16, shape: vec![1] };
        let refused = write_safetensors(&path, &BTreeMap::new(), &[outgoing], |_| Ok(whole.clone()));
        assert!(refused.unwrap_err().to_string().contains("was to be F16"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
