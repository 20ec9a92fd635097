//! Reading the tags of real CoTs: what sharing beginnings, the packed kernels and the head at tags only are worth.
//!
//! With SmolLM2-135M where `TOUCHSTONE_SMOLLM2` names its file, else with the embedded model, whose small matrices gain less.
//! The CoTs are those of two law questions of the bundled test set; an "element" is a CoT.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use touchstone::data::{Location, TestRow, TestSet};
use touchstone::{Context, Registry};
use touchstone_candle::decoder::{Kernels, LoadSettings};
use touchstone_candle::reading::{ReadingHead, Sequence, TokenBudget, Unit, read};
use touchstone_candle::source::ModelLocation;
use touchstone_candle::tokenizer::{SpecialTokens, Tokenizer};
use touchstone_candle::{Batch, Decoder};

const QUESTIONS: usize = 2;
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../experiments/cli/quickstart/data/law.parquet");

fn model() -> ModelLocation {
    std::env::var("TOUCHSTONE_SMOLLM2").unwrap_or_else(|_| "embedded:tiny".to_owned()).parse().unwrap()
}

/// The CoTs of a question as dORM and dPRM read them: a tag after each step, read at its last token.
fn unit(tokenizer: &Tokenizer, row: &TestRow) -> Unit {
    let encode = |text: String, special| tokenizer.encode(&text, special).unwrap();
    let beginning = encode(format!("{} \n\n", row.question.text.trim()), SpecialTokens::Add);
    let sequences = row.cots.iter().map(|cot| {
        let mut sequence = Sequence { tokens: beginning.clone(), positions: Vec::new() };
        for step in &cot.steps {
            sequence.tokens.extend(encode(format!("{} \n\n\n\n", step.trim()), SpecialTokens::Omit));
            sequence.positions.push(sequence.tokens.len() - 1);
        }
        sequence
    });
    Unit { sequences: sequences.collect() }
}

fn reading(criterion: &mut Criterion) {
    let context = Context::new(Registry::builtin());
    let files = model().model_files(&context).unwrap();
    let tokenizer = Tokenizer::open(&files).unwrap();
    let load = |kernels| {
        let settings = LoadSettings { kernels, ..LoadSettings::default() };
        Decoder::load(&files.for_decoder().unwrap(), &settings).unwrap()
    };
    let (packed, portable) = (load(Kernels::Fastest), load(Kernels::Differentiable));
    let candidates = ["-", "+"].map(|text| tokenizer.last_token_of(text).unwrap());
    let head = ReadingHead::Tokens(candidates.to_vec());

    let test_set = TestSet::open(&Location::Path(Path::new(DATA).to_owned())).unwrap();
    let category = test_set.categories().next().unwrap().clone();
    let questions = test_set.rows(&category).unwrap().take(QUESTIONS);
    let units: Vec<Unit> = questions.map(|row| unit(&tokenizer, &row.unwrap())).collect();
    let alone: Vec<Unit> = units
        .iter()
        .flat_map(|unit| &unit.sequences)
        .map(|sequence| Unit { sequences: vec![sequence.clone()] })
        .collect();

    let mut group = criterion.benchmark_group("reading tags");
    group.throughput(Throughput::Elements(alone.len() as u64)).sample_size(10);
    for (name, units) in [("a question's CoTs share what they can", &units), ("each CoT on its own", &alone)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let read_all = || {
                    read(&packed, &head, units, TokenBudget::default(), &context, &mut |_, values| {
                        drop(black_box(values))
                    })
                };
                read_all().unwrap();
            });
        });
    }
    for (name, decoder) in [("each on its own, all logits", &packed), ("the same with candle's matmul", &portable)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for unit in &alone {
                    let batch = Batch::of_texts(&[&unit.sequences[0].tokens]);
                    black_box(decoder.logits(&batch).unwrap());
                }
            });
        });
    }
    group.finish();
}

fn prefill(criterion: &mut Criterion) {
    let context = Context::new(Registry::builtin());
    let files = model().model_files(&context).unwrap();
    let decoder = Decoder::load(&files.for_decoder().unwrap(), &LoadSettings::default()).unwrap();
    let mut group = criterion.benchmark_group("prefill");
    for length in [512, 2048] {
        // An element is a token.
        group.throughput(Throughput::Elements(length)).sample_size(10);
        let tokens: Vec<u32> = (0..length as u32).map(|place| place * 7919 % 4000).collect();
        let batch = Batch::of_texts(&[&tokens]);
        let last = [tokens.len() - 1];
        group.bench_function(format!("{length} tokens"), |bencher| {
            bencher.iter(|| decoder.hidden(black_box(&batch), &last).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, reading, prefill);
criterion_main!(benches);
