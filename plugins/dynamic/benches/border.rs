//! What the border costs: a call of an aggregator and of a verifier, and loading a library.
//!
//! `cargo bench -p touchstone-dynamic`. It builds the library of the round-trip tests, and one in C.
#![allow(clippy::unwrap_used)]

#[path = "../tests/round_trip/build.rs"]
#[allow(dead_code)] // the tests build in more ways
mod build;
#[path = "../tests/every_kind/src/equations.rs"]
mod equations;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use criterion::{BatchSize, Criterion, SamplingMode, criterion_group, criterion_main};
use touchstone::{
    Aggregator, Category, Context, Cot, CotId, PluginSpec, Question, QuestionCots, Registry, Verifier, VerifierSettings,
};
use touchstone_aggregators as _;
use touchstone_dynamic::load::load;

use equations::Equations;

/// A call of an aggregator for 20 steps. Goal: at most 200 ns more than the built-in one.
fn aggregator(criterion: &mut Criterion) {
    let mut registry = Registry::builtin();
    load(&mut registry, &build::other().library()).unwrap();
    load(&mut registry, &in_c()).unwrap();
    let rewards: Vec<Option<f64>> = (0..20).map(|step| (step != 7).then_some(f64::from(step) / 20.0)).collect();
    let mut group = criterion.benchmark_group("aggregate 20 steps");
    for (place, name) in
        [("built in", "mean"), ("over the border, in Rust", "average"), ("over the border, in C", "mean_in_c")]
    {
        let aggregator = registry.make(&PluginSpec::<dyn Aggregator>::named(name)).unwrap();
        group.bench_function(place, |bencher| bencher.iter(|| aggregator.aggregate(black_box(&rewards)).unwrap()));
    }
}

/// A call of a verifier for 16 CoTs of 2 kB. Goal: at most 50 µs more than the direct call and the JSON together.
fn verifier(criterion: &mut Criterion) {
    let mut registry = Registry::builtin();
    load(&mut registry, &build::other().library()).unwrap();
    let context = Context::new(registry);
    let work = work();
    let mut group = criterion.benchmark_group("score 16 CoTs of 2 kB");
    let direct = Equations { otherwise: 0.5 }.open(&context).unwrap();
    group.bench_function("direct", |bencher| {
        bencher.iter(|| direct.score_question(&context, black_box(&work)).unwrap())
    });
    let spec = PluginSpec::<dyn Verifier>::named("equations").with("otherwise", 0.5);
    let over = context.registry().make(&spec).unwrap().open(&context).unwrap();
    group.bench_function("over the border", |bencher| {
        bencher.iter(|| over.score_question(&context, black_box(&work)).unwrap());
    });
    group.bench_function("JSON alone", |bencher| {
        bencher.iter(|| {
            let json = serde_json::to_string(black_box(&work)).unwrap();
            serde_json::from_str::<QuestionCots>(&json).unwrap()
        });
    });
}

/// A question with 16 CoTs of 20 steps of 100 bytes.
fn work() -> QuestionCots {
    let step = |place: usize| format!("{:<99}\n", format!("Step {place}: then \"x\" = {place} + 1")).into();
    let cot = |id| Cot { id: CotId(id), steps: (0..20).map(step).collect(), answer: Some("C".to_owned()) };
    let question = Question { id: 17.into(), category: Category::new("law"), text: "What is x?".to_owned() };
    QuestionCots { question, cots: (0..16).map(cot).collect() }
}

/// Loading a library of 16 plugins. Goal: at most 5 ms.
fn loading(criterion: &mut Criterion) {
    let library = build::other().library();
    let builtin = Registry::builtin();
    let mut copies = Vec::new();
    let mut copy = || {
        let copy = library.with_file_name(format!("copy_{}.so", copies.len()));
        std::fs::copy(&library, &copy).unwrap();
        copies.push(copy.clone());
        copy
    };
    let mut group = criterion.benchmark_group("load a library");
    // Libraries are never unloaded, and each copy is one more in memory: few rounds.
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(50)).measurement_time(Duration::from_millis(200));
    group.bench_function("for the first time", |bencher| {
        let fresh = || (builtin.clone(), copy());
        bencher.iter_batched(fresh, |(registry, path)| loaded(registry, &path), BatchSize::PerIteration);
    });
    group.bench_function("again", |bencher| {
        bencher.iter_batched(|| builtin.clone(), |registry| loaded(registry, &library), BatchSize::PerIteration);
    });
    drop(group);
    copies.iter().for_each(|copy| std::fs::remove_file(copy).unwrap());
}

fn loaded(mut registry: Registry, path: &Path) -> Registry {
    load(&mut registry, path).unwrap();
    registry
}

/// The library in C.
fn in_c() -> PathBuf {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libmean_in_c.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg("-I").arg(sources.join("include"));
    assert!(compiler.arg(sources.join("benches/mean.c")).status().unwrap().success());
    library
}

criterion_group!(benches, aggregator, verifier, loading);
criterion_main!(benches);
