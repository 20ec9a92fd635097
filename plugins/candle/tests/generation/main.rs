//! The generator `local`, on small models and on the embedded one.

// All of this is test code, also the functions that are not marked as tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod completions;
mod figures;
mod limits;
mod sharing;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use touchstone::generator::{Completion, GenerationRequest, Generator, GeneratorSettings, Prompt, Sample};
use touchstone::{Context, PluginSpec, Progress, ProgressStage, Registry, Result};
use touchstone_candle::generation::Local;
use touchstone_samplers as _; // links the samplers in

fn golden(model: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models").join(model)
}

fn context() -> Context {
    Context::new(Registry::builtin())
}

/// The embedded model as a generator.
fn tiny() -> Local {
    Local::new("embedded:tiny".parse().unwrap())
}

fn open(settings: &Local) -> Box<dyn Generator> {
    settings.open(&context()).unwrap()
}

/// Greedy, one completion for each prompt, of 24 tokens.
fn greedy() -> GenerationRequest {
    GenerationRequest {
        samples: 1,
        max_tokens: 24,
        stop: Vec::new(),
        sampler: PluginSpec::named("greedy"),
        seed: 42,
        candidates: Vec::new(),
    }
}

/// So many different completions for each prompt.
fn sampled(samples: usize) -> GenerationRequest {
    GenerationRequest { samples, sampler: PluginSpec::named("temperature"), ..greedy() }
}

fn prompts(texts: &[&str]) -> Vec<Prompt> {
    texts.iter().map(|text| Prompt { text: (*text).to_owned() }).collect()
}

/// Everything that a call hands over, by prompt and sample; each once.
fn generate_in(
    generator: &dyn Generator,
    context: &Context,
    texts: &[&str],
    request: &GenerationRequest,
) -> Result<BTreeMap<Sample, Completion>> {
    let handed = Mutex::new(BTreeMap::new());
    generator.generate(context, &prompts(texts), request, &|sample, completion| {
        assert!(handed.lock().unwrap().insert(sample, completion).is_none(), "{sample:?} came twice");
    })?;
    Ok(handed.into_inner().unwrap())
}

fn generate(generator: &dyn Generator, texts: &[&str], request: &GenerationRequest) -> BTreeMap<Sample, Completion> {
    generate_in(generator, &context(), texts, request).unwrap()
}

/// The only completion of a prompt.
fn complete(generator: &dyn Generator, text: &str, request: &GenerationRequest) -> Completion {
    generate(generator, &[text], request).remove(&Sample { prompt: 0, sample: 0 }).unwrap()
}

/// A request under which the generator completes this prompt to the last token of the budget, in ASCII: the embedded model
/// likes to end soon.
fn to_the_budget(generator: &dyn Generator, text: &str) -> GenerationRequest {
    let seeds = (0..100).map(|seed| GenerationRequest { seed, ..sampled(1) });
    let whole = |request: &GenerationRequest| {
        let completion = complete(generator, text, request);
        completion.tokens.len() == request.max_tokens && completion.text.is_ascii()
    };
    { seeds }.find(whole).unwrap()
}

/// Adds up how many tokens the model has read.
#[derive(Clone, Default)]
struct TokenCount(Arc<Mutex<u64>>);

impl TokenCount {
    fn read(&self) -> u64 {
        *self.0.lock().unwrap()
    }
}

impl Progress for TokenCount {
    fn start(&self, _stage: &str, _total: Option<u64>) -> Box<dyn ProgressStage> {
        Box::new(Unseen)
    }

    fn count(&self, unit: &str, amount: u64) {
        assert_eq!(unit, "tokens");
        *self.0.lock().unwrap() += amount;
    }
}

struct Unseen;

impl ProgressStage for Unseen {
    fn advance(&self, _units: u64) {}
}
