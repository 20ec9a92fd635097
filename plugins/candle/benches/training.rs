//! One step of LoRA training (r = 16 on all linear layers, dropout 0.1) over four rows of about 550 tokens, each labelled at
//! its end, as dORM is trained. With SmolLM2-135M where `TOUCHSTONE_SMOLLM2` names its file, else with the embedded model. An
//! "element" is a token.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use touchstone::{Context, Registry};
use touchstone_candle::decoder::LoadSettings;
use touchstone_candle::source::ModelLocation;
use touchstone_candle::training::{Example, Objective, Target, Trainer, TrainingSettings};

const LENGTHS: [usize; 4] = [640, 480, 590, 510];

fn training(criterion: &mut Criterion) {
    let context = Context::new(Registry::builtin());
    let location = std::env::var("TOUCHSTONE_SMOLLM2").unwrap_or_else(|_| "embedded:tiny".to_owned());
    let location: ModelLocation = location.parse().unwrap();
    let files = location.model_files(&context).unwrap().for_decoder().unwrap();
    let example = |length: usize| Example {
        tokens: (0..length).map(|place| (place * 7919 % 3989) as u32).collect(),
        targets: vec![Target { position: length - 1, label: length % 2 }],
    };
    let examples = LENGTHS.map(example);
    let mut group = criterion.benchmark_group("training, one step of four rows");
    group.sample_size(10);
    group.throughput(Throughput::Elements(LENGTHS.iter().sum::<usize>() as u64));
    for (name, recompute) in [("with recomputation", true), ("keeping what blocks compute", false)] {
        let settings = TrainingSettings { batch: 4, epochs: 1e6, recompute, ..TrainingSettings::default() };
        let objective = Objective::Tokens(vec![29, 31]);
        let mut trainer = Trainer::open(&files, None, objective, settings, &LoadSettings::default()).unwrap();
        group.bench_function(name, |bencher| bencher.iter(|| trainer.step(&examples).unwrap().unwrap()));
    }
    group.finish();
}

criterion_group!(benches, training);
criterion_main!(benches);
