//! The text side of a model: where its files are, its tokenizer, its chat template.

// All of this is test code, also the functions that are not marked as tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod built_from_gguf;
mod chat;
mod smollm2;
mod sources;
mod summaries;
mod tokenizers;

use std::path::{Path, PathBuf};

use serde_json::Value;
use touchstone::{Context, Registry};
use touchstone_candle::source::{ModelFile, ModelFiles, ModelLocation, SafetensorsModel};
use touchstone_candle::tokenizer::Tokenizer;

/// The small models whose figures an independent implementation computed.
const GOLDEN: [&str; 4] = ["llama", "llama-tied-short", "qwen2", "qwen3"];

fn golden(model: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(model)
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn expected(model: &str) -> Value {
    json(&golden(model).join("expected.json"))
}

fn ids(value: &Value) -> Vec<u32> {
    serde_json::from_value(value.clone()).unwrap()
}

fn context() -> Context {
    Context::new(Registry::builtin())
}

fn files(location: &Path) -> ModelFiles {
    ModelLocation::Path(location.to_owned()).model_files(&context()).unwrap()
}

/// The text files of a golden model. Its weights play no part here.
fn text_files(model: &str) -> ModelFiles {
    let file = |name: &str| ModelFile::OnDisk(golden("models").join(model).join(name));
    ModelFiles::Safetensors(SafetensorsModel {
        config: file("config.json"),
        weights: Vec::new(),
        tokenizer: file("tokenizer.json"),
        tokenizer_config: Some(file("tokenizer_config.json")),
        chat_template: Some(file("chat_template.jinja")),
        generation_config: None,
    })
}

fn tokenizer(model: &str) -> Tokenizer {
    Tokenizer::open(&text_files(model)).unwrap()
}

/// Questions and steps of real CoTs.
fn real_texts() -> Vec<String> {
    let rows = json(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cots.json"));
    let mut texts = Vec::new();
    for row in rows.as_array().unwrap() {
        texts.push(row["question"].as_str().unwrap().to_owned());
        let cots: Vec<Vec<String>> = serde_json::from_value(row["cots"].clone()).unwrap();
        texts.extend(cots.into_iter().flatten());
    }
    assert!(texts.len() > 100, "{}", texts.len());
    texts
}
