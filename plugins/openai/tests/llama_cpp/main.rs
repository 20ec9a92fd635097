//! The crate against a real server: llama.cpp's, with SmolLM2-135M-Instruct.
// All of this is test code, also the functions that are not marked as tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod chat;
mod completions;
mod critiques;
mod gguf;
mod process;
mod rewards;
mod server;
mod verdicts;

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value;
use touchstone::generator::{Completion, GenerationRequest, Prompt, Sample};
use touchstone::{Context, Generator, PluginSpec, Registry};
use touchstone_openai::{OpenAi, Remote};

/// The vocabulary's size: a list of so many log-probabilities holds every token.
const ALL: usize = 49152;

fn settings(url: &str) -> OpenAi {
    let mut settings = OpenAi::new(url, "smollm2");
    settings.connection.api_key_variable = String::new();
    settings.connection.concurrency = std::num::NonZeroUsize::new(2).unwrap();
    settings
}

fn context() -> Context {
    Context::new(Registry::builtin())
}

fn greedy(max_tokens: usize) -> GenerationRequest {
    GenerationRequest {
        samples: 1,
        max_tokens,
        stop: Vec::new(),
        sampler: PluginSpec::named("greedy"),
        seed: 42,
        candidates: Vec::new(),
    }
}

fn drawn(samples: usize, max_tokens: usize) -> GenerationRequest {
    GenerationRequest { samples, sampler: PluginSpec::named("temperature"), ..greedy(max_tokens) }
}

/// Every completion of one prompt after the other.
fn complete(settings: &OpenAi, prompts: &[&str], request: &GenerationRequest) -> Vec<Completion> {
    let prompts: Vec<Prompt> = prompts.iter().map(|text| Prompt { text: (*text).to_owned() }).collect();
    let done: Mutex<BTreeMap<Sample, Completion>> = Mutex::default();
    let keep = |sample, completion| assert!(done.lock().unwrap().insert(sample, completion).is_none());
    Remote::new(settings).unwrap().generate(&context(), &prompts, request, &keep).unwrap();
    let done = done.into_inner().unwrap();
    assert_eq!(done.len(), prompts.len() * request.samples);
    done.into_values().collect()
}

/// What an independent implementation computed for the dequantised model.
fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../candle/tests/golden/smollm2/expected.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}
