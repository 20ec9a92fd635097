//! The small golden models, and what the tests do with a decoder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::{Device, Tensor};
use serde::Deserialize;
use serde_json::Value;
use touchstone_candle::adapter::AdapterFiles;
use touchstone_candle::decoder::{Kernels, LoadSettings};
use touchstone_candle::weights::ModelFiles;
use touchstone_candle::{Batch, Decoder, KvPrefix};

pub const MODELS: [&str; 4] = ["llama", "llama-tied-short", "qwen2", "qwen3"];

/// The parts of a golden model's `expected.json` that need no tokenizer.
#[derive(Debug, Deserialize)]
pub struct Expected {
    pub texts: Vec<Text>,
}

#[derive(Debug, Deserialize)]
pub struct Text {
    pub ids: Vec<u32>,
    pub greedy_ids: Vec<u32>,
}

pub fn folder(model: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models").join(model)
}

/// What a CPU can compute with.
pub const KERNELS: [Kernels; 2] = [Kernels::Fastest, Kernels::Differentiable];

pub fn load(model: &str) -> Decoder {
    load_with(model, Kernels::default())
}

pub fn load_with(model: &str, kernels: Kernels) -> Decoder {
    Decoder::load(&ModelFiles::Folder(folder(model)), &LoadSettings { kernels, ..LoadSettings::default() }).unwrap()
}

pub fn expected(model: &str) -> Expected {
    serde_json::from_str(&std::fs::read_to_string(folder(model).join("expected.json")).unwrap()).unwrap()
}

pub fn expected_tensors(model: &str) -> HashMap<String, Tensor> {
    candle_core::safetensors::load(folder(model).join("expected.safetensors"), &Device::Cpu).unwrap()
}

/// A copy of a model in a folder of its own, to be changed.
pub struct Copy(tempfile::TempDir);

impl Copy {
    pub fn of(model: &str) -> Self {
        let copy = Self(tempfile::tempdir().unwrap());
        copy_files(&folder(model), copy.path());
        copy
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn files(&self) -> ModelFiles {
        ModelFiles::Folder(self.path().to_owned())
    }

    pub fn load(&self) -> touchstone_candle::Result<Decoder> {
        Decoder::load(&self.files(), &LoadSettings::default())
    }

    /// Loads it with one of its adapters.
    pub fn load_adapted(&self, adapter: &str) -> touchstone_candle::Result<Decoder> {
        let files = AdapterFiles::Folder(self.path().join(adapter));
        Decoder::load_adapted(&self.files(), &files, &LoadSettings::default())
    }

    /// Changes a JSON file.
    pub fn json(&self, file: &str, change: impl FnOnce(&mut serde_json::Map<String, Value>)) {
        let path = self.path().join(file);
        let mut value: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        change(value.as_object_mut().unwrap());
        std::fs::write(path, value.to_string()).unwrap();
    }

    /// Changes the tensors of a safetensors file.
    pub fn tensors(&self, file: &str, change: impl FnOnce(&mut HashMap<String, Tensor>)) {
        let path = self.path().join(file);
        let mut tensors = candle_core::safetensors::load(&path, &Device::Cpu).unwrap();
        change(&mut tensors);
        candle_core::safetensors::save(&tensors, path).unwrap();
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy_files(&path, &target);
        } else {
            std::fs::write(target, std::fs::read(path).unwrap()).unwrap();
        }
    }
}

/// The message of a result that must be an error.
pub fn message<T>(result: touchstone_candle::Result<T>) -> String {
    result.map(|_| ()).unwrap_err().to_string()
}

/// Asserts that a message holds all of some parts.
pub fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is not said in: {message}");
    }
}

/// The greatest absolute difference of two tensors of one shape.
pub fn difference(found: &Tensor, expected: &Tensor) -> f32 {
    assert_eq!(found.dims(), expected.dims());
    (found - expected).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap().to_scalar::<f32>().unwrap()
}

/// Greedy continuation, a token a pass on the cache; ends after an end-of-text token.
pub fn greedy(decoder: &Decoder, prompt: &[u32], count: usize) -> Vec<u32> {
    let mut batch = Batch::of_texts(&[prompt]);
    let mut tokens = Vec::new();
    let mut prefix: Arc<KvPrefix>;
    while tokens.len() < count {
        let pass = decoder.prefill(&batch, &[batch.tokens.len() - 1]).unwrap();
        let logits = decoder.head(&pass.hidden).unwrap();
        let token = logits.argmax(1).unwrap().to_vec1::<u32>().unwrap()[0];
        tokens.push(token);
        if decoder.config().eos.contains(&token) {
            break;
        }
        prefix = pass.prefixes.into_iter().next().unwrap();
        batch = Batch::default();
        batch.push_after(&[token], prefix);
    }
    tokens
}
