//! A GGUF file with the weights of another one, dequantised to 32 bits.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use candle_core::Device;
use candle_core::quantized::gguf_file::{Content, Value, write};
use candle_core::quantized::{GgmlDType, QTensor};

/// The file type that llama.cpp calls `ALL_F32`.
const ALL_F32: u32 = 0;

/// The file beside other build outputs. It is written once, under another name first, so a broken one is never found.
pub fn dequantised(source: &Path) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let length = source.metadata().unwrap().len();
    let path = folder.join(format!("{}.{length}.f32.gguf", source.file_stem().unwrap().display()));
    if !path.exists() {
        let unfinished = tempfile::NamedTempFile::new_in(folder).unwrap();
        dequantise(source, unfinished.as_file());
        unfinished.persist(&path).unwrap();
    }
    path
}

/// Metadata as they are, but for the type of file; each tensor as 32-bit numbers.
fn dequantise(source: &Path, target: &File) {
    let mut file = BufReader::new(File::open(source).unwrap());
    let mut content = Content::read(&mut file).unwrap();
    content.metadata.insert("general.file_type".to_owned(), Value::U32(ALL_F32));
    let mut names: Vec<&String> = content.tensor_infos.keys().collect();
    names.sort();
    let dense = |name: &&String| {
        let weights = content.tensor(&mut file, name, &Device::Cpu).unwrap().dequantize(&Device::Cpu).unwrap();
        QTensor::quantize(&weights, GgmlDType::F32).unwrap()
    };
    let tensors: Vec<QTensor> = names.iter().map(dense).collect();
    let tensors: Vec<(&str, &QTensor)> = names.iter().map(|name| name.as_str()).zip(&tensors).collect();
    let metadata: Vec<(&str, &Value)> = content.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    write(&mut BufWriter::new(target), &metadata, &tensors).unwrap();
}

#[test]
fn a_dequantised_file_holds_the_same_metadata_and_weights() {
    let Some(source) = super::server::quantised() else { return };
    let read = |path: &Path| {
        let mut file = BufReader::new(File::open(path).unwrap());
        let content = Content::read(&mut file).unwrap();
        (file, content)
    };
    let (mut quantised, before) = read(&source);
    let (mut dense, after) = read(&dequantised(&source));
    assert_eq!(before.tensor_infos.len(), after.tensor_infos.len());
    assert!(after.tensor_infos.values().all(|tensor| tensor.ggml_dtype == GgmlDType::F32));
    for (key, value) in &before.metadata {
        if key != "general.file_type" {
            assert_eq!(format!("{value:?}"), format!("{:?}", after.metadata[key]), "{key}");
        }
    }
    for name in ["token_embd.weight", "blk.0.attn_q.weight", "output_norm.weight"] {
        let weights = |content: &Content, file: &mut BufReader<File>| {
            let tensor = content.tensor(file, name, &Device::Cpu).unwrap().dequantize(&Device::Cpu).unwrap();
            (tensor.dims().to_vec(), tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap())
        };
        assert_eq!(weights(&before, &mut quantised), weights(&after, &mut dense), "{name}");
    }
}
