//! Completing a prompt of some 400 tokens: reading it, one completion, ten at once as sampled verdicts are, and four calls as the
//! clients of a service make them, one after the other and at once.
//!
//! With SmolLM2-135M where `TOUCHSTONE_SMOLLM2` names its file, else with the embedded model. An "element" is a token: of the
//! prompt in "prefill", else a new one.
#![allow(missing_docs, clippy::unwrap_used)]

use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use touchstone::generator::{GenerationRequest, Generator, GeneratorSettings, Prompt};
use touchstone::{Context, PluginSpec, Registry};
use touchstone_candle::decoder::WeightForm;
use touchstone_candle::generation::Local;
use touchstone_candle::source::ModelLocation;
use touchstone_candle::tokenizer::{SpecialTokens, Tokenizer};
use touchstone_samplers as _; // links the samplers in

const PROMPT_TOKENS: usize = 400;
const NEW_TOKENS: usize = 128;
const CALLS: usize = 4;

fn prompt(location: &ModelLocation, context: &Context) -> Prompt {
    let tokenizer = Tokenizer::open(&location.model_files(context).unwrap()).unwrap();
    let sentence = "A contract needs an offer, an acceptance and something of value that is given for it. ";
    let tokens = tokenizer.encode(&sentence.repeat(40), SpecialTokens::Add).unwrap();
    Prompt { text: tokenizer.decode(&tokens[..PROMPT_TOKENS.min(tokens.len())]).unwrap() }
}

/// Completes the prompt and gives the number of new tokens.
fn complete(generator: &dyn Generator, context: &Context, prompt: &Prompt, samples: usize, max_tokens: usize) -> u64 {
    let request = GenerationRequest {
        samples,
        max_tokens,
        stop: Vec::new(),
        sampler: PluginSpec::named("temperature").with("temperature", 0.6),
        seed: 42,
        candidates: vec![" Yes".to_owned(), " No".to_owned()],
    };
    let tokens = AtomicU64::new(0);
    let count = |_, completion: touchstone::generator::Completion| {
        tokens.fetch_add(completion.tokens.len() as u64, Ordering::Relaxed);
    };
    generator.generate(context, std::slice::from_ref(prompt), &request, &count).unwrap();
    tokens.into_inner()
}

fn generation(criterion: &mut Criterion) {
    let context = Context::new(Registry::builtin());
    let location = std::env::var("TOUCHSTONE_SMOLLM2").unwrap_or_else(|_| "embedded:tiny".to_owned());
    let location: ModelLocation = location.parse().unwrap();
    let prompt = prompt(&location, &context);
    for (form, name) in [(WeightForm::F32, "f32"), (WeightForm::F16, "f16"), (WeightForm::Stored, "stored")] {
        let mut settings = Local::new(location.clone());
        settings.compute.weights = form;
        let generator = settings.open(&context).unwrap();
        let mut group = criterion.benchmark_group(format!("generation, {name}"));
        group.sample_size(10);
        group.throughput(Throughput::Elements(PROMPT_TOKENS as u64));
        group.bench_function("prefill", |bencher| {
            bencher.iter(|| complete(generator.as_ref(), &context, &prompt, 1, 1));
        });
        for samples in [1, 10] {
            let tokens = complete(generator.as_ref(), &context, &prompt, samples, NEW_TOKENS);
            group.throughput(Throughput::Elements(tokens));
            group.bench_function(format!("{samples} completions with their prefill"), |bencher| {
                bencher.iter(|| complete(generator.as_ref(), &context, &prompt, samples, NEW_TOKENS));
            });
        }
        let calls = |generator: &dyn Generator| -> u64 {
            (0..CALLS).map(|_| complete(generator, &context, &prompt, 4, NEW_TOKENS / 4)).sum()
        };
        group.throughput(Throughput::Elements(calls(generator.as_ref())));
        group.bench_function(format!("{CALLS} calls of 4 completions, one after the other"), |bencher| {
            bencher.iter(|| calls(generator.as_ref()));
        });
        group.bench_function(format!("{CALLS} calls of 4 completions, at once"), |bencher| {
            bencher.iter(|| {
                std::thread::scope(|scope| {
                    let (generator, context, prompt) = (generator.as_ref(), &context, &prompt);
                    for _ in 0..CALLS {
                        scope.spawn(move || complete(generator, context, prompt, 4, NEW_TOKENS / 4));
                    }
                });
            });
        });
        group.finish();
    }
}

criterion_group!(benches, generation);
criterion_main!(benches);
