//! The small golden models, and what the tests do with a decoder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::{Device, Tensor};
use serde::Deserialize;
use touchstone_candle::decoder::LoadSettings;
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

pub fn load(model: &str) -> Decoder {
    Decoder::load(&ModelFiles::Folder(folder(model)), &LoadSettings::default()).unwrap()
}

pub fn expected(model: &str) -> Expected {
    serde_json::from_str(&std::fs::read_to_string(folder(model).join("expected.json")).unwrap()).unwrap()
}

pub fn expected_tensors(model: &str) -> HashMap<String, Tensor> {
    candle_core::safetensors::load(folder(model).join("expected.safetensors"), &Device::Cpu).unwrap()
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
