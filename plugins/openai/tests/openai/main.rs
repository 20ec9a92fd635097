//! The generator against a server on this machine that does everything wrong that servers do.
// All of this is test code, also the functions that are not marked as tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod abilities;
mod chat;
mod completions;
mod ending;
mod faults;
mod jobs;
mod laws;
mod secrets;
mod server;
mod settings;
mod steps;
mod tokens;

use std::collections::BTreeMap;
use std::sync::Mutex;

use touchstone::generator::{Completion, GenerationRequest, Prompt, Sample};
use touchstone::{Context, Error, Generator, PluginSpec, Registry, Sampler};
use touchstone_openai::{OpenAi, Remote};

use server::Server;

/// Settings with waits that a test can sit out.
fn settings(server: &Server) -> OpenAi {
    let mut settings = OpenAi::new(server.url(), "small");
    settings.connection.first_wait_seconds = 0.001;
    settings.connection.timeout_seconds = 10.0;
    // The variable of whoever runs the tests is none of theirs.
    settings.connection.api_key_variable = String::new();
    settings
}

fn remote(settings: &OpenAi) -> Remote {
    Remote::new(settings).unwrap()
}

fn context() -> Context {
    Context::new(Registry::builtin())
}

fn prompts(texts: &[&str]) -> Vec<Prompt> {
    texts.iter().map(|text| Prompt { text: (*text).to_owned() }).collect()
}

/// Numbered prompts.
fn many(count: usize) -> Vec<Prompt> {
    (0..count).map(|number| Prompt { text: format!("prompt {number}") }).collect()
}

/// A request for drawn completions.
fn request(samples: usize) -> GenerationRequest {
    GenerationRequest {
        samples,
        max_tokens: 64,
        stop: Vec::new(),
        sampler: PluginSpec::<dyn Sampler>::named("temperature"),
        seed: 42,
        candidates: Vec::new(),
    }
}

/// What a call handed over before it ended as it did.
struct Outcome {
    completions: BTreeMap<Sample, Completion>,
    result: Result<(), Error>,
}

impl Outcome {
    /// The completions of a call without an error.
    fn whole(self) -> BTreeMap<Sample, Completion> {
        self.result.unwrap();
        self.completions
    }

    /// The error of a call with one, as its user reads it.
    fn told(self) -> String {
        self.result.unwrap_err().to_string()
    }
}

fn call(generator: &dyn Generator, context: &Context, prompts: &[Prompt], request: &GenerationRequest) -> Outcome {
    let handed = Mutex::new(BTreeMap::new());
    let result = generator.generate(context, prompts, request, &|sample, completion| {
        let before = handed.lock().unwrap().insert(sample, completion);
        assert!(before.is_none(), "{sample:?} was handed over twice");
    });
    Outcome { completions: handed.into_inner().unwrap(), result }
}

fn generate(settings: &OpenAi, prompts: &[Prompt], request: &GenerationRequest) -> Outcome {
    call(&remote(settings), &context(), prompts, request)
}

/// The texts of whole completions, in order.
fn texts(completions: &BTreeMap<Sample, Completion>) -> Vec<&str> {
    completions.values().map(|completion| &*completion.text).collect()
}
