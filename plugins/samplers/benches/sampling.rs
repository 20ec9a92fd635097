//! The time for a token at two vocabularies: that of SmolLM2 and that of Qwen2.5.
//!
//! `cargo bench -p touchstone-samplers`. The logits have the shape of a language model's: most of them far below a few.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use touchstone::sampler::{Draw, Sampler};
use touchstone::{PluginSpec, Registry};
use touchstone_samplers as _;

const VOCABULARIES: [usize; 2] = [49_152, 151_936];

/// Sums of four numbers in no order, from -8 to 8, and 20 tokens that stand out, by 1 to 8.
fn logits(vocabulary: usize) -> Vec<f32> {
    let mut state = 42_u64;
    let mut number = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32 * 4.0 - 2.0
    };
    let mut logits: Vec<f32> = (0..vocabulary).map(|_| number() + number() + number() + number()).collect();
    (0..20).for_each(|place| logits[place * 7919 % vocabulary] = 8.0 + 8.0 / (1 + place) as f32);
    logits
}

fn bench(criterion: &mut Criterion) {
    let spec = |name| PluginSpec::<dyn Sampler>::named(name);
    let cases = [
        ("greedy", spec("greedy")),
        ("temperature", spec("temperature").with("temperature", 0.7)),
        ("top-p 0.95", spec("temperature").with("temperature", 0.7).with("top_p", 0.95)),
        ("top-p 0.95, hot", spec("temperature").with("temperature", 5.0).with("top_p", 0.95)),
        ("top-k 50 and min-p", spec("temperature").with("temperature", 0.7).with("top_k", 50).with("min_p", 0.05)),
        ("top-k 50", spec("temperature").with("temperature", 0.7).with("top_k", 50)),
        ("typical-p 0.95", spec("temperature").with("temperature", 0.7).with("typical_p", 0.95)),
    ];
    for (name, spec) in cases {
        let sampler = Registry::builtin().make(&spec).unwrap();
        let mut group = criterion.benchmark_group(name);
        for vocabulary in VOCABULARIES {
            let logits = logits(vocabulary);
            let mut position = 0;
            group.bench_function(BenchmarkId::from_parameter(vocabulary), |bencher| {
                bencher.iter_batched_ref(
                    || logits.clone(),
                    |logits| {
                        position += 1;
                        sampler.sample(black_box(logits), &[], Draw { seed: 42, sequence: 0, position }).unwrap()
                    },
                    BatchSize::LargeInput,
                );
            });
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
