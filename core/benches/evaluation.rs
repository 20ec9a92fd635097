//! How long `evaluate` takes once everything is loaded: on a set of the paper's size, and on a large one.
//!
//! `cargo bench -p touchstone --no-default-features --features evaluation --bench evaluation`

use std::error::Error;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use touchstone::aggregator::mean_of_rewards;
use touchstone::answer::MultipleChoice;
use touchstone::evaluation::{
    CotRecord, CotRewards, Method, QuestionRecord, Questions, RewardRecord, Settings, evaluate,
};
use touchstone::{Aggregator, Category, Context, CotId, PAPER_ORDER, PluginSpec, QuestionId, Registry, Rewards};

struct Mean;

impl Aggregator for Mean {
    fn aggregate(&self, rewards: &[Option<f64>]) -> touchstone::Result<f64> {
        Ok(mean_of_rewards(rewards))
    }
}

/// A test set and four methods, made up: answers that are right in 40 percent of CoTs, rewards that lean towards them.
struct Size {
    name: &'static str,
    questions: usize,
    cots: usize,
}

const PAPER: Size = Size { name: "350 questions x 16 CoTs x 4 methods", questions: 350, cots: 16 };
const LARGE: Size = Size { name: "12,000 questions x 128 CoTs x 4 methods", questions: 12_000, cots: 128 };

struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

const LETTERS: [&str; 10] = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"];

fn made_up(size: &Size) -> Result<(Questions, Vec<Method>), Box<dyn Error>> {
    let mut random = Random(42);
    let mut questions = Questions::new("made up", Box::new(MultipleChoice {}));
    let mut golds = Vec::new();
    for place in 0..size.questions {
        let answers: Vec<&str> = (0..size.cots)
            .map(|_| if random.uniform() < 0.4 { "A" } else { LETTERS[(random.uniform() * 10.0) as usize] })
            .collect();
        let cots = answers.iter().enumerate().map(|(cot, answer)| CotRecord {
            id: CotId(cot as i64),
            answer: Some((*answer).to_owned()),
            steps: 1 + (random.uniform() * 12.0) as usize,
            step_labels: None,
        });
        let record = QuestionRecord { id: id(place), gold: "A".to_owned(), cots: cots.collect() };
        questions.push(&category(place), record)?;
        golds.extend(answers.iter().map(|answer| *answer == "A"));
    }
    let mut methods = Vec::new();
    for name in ["dORM", "dPRM", "gORM", "gPRM"] {
        let mut method = Method::new(name, PluginSpec::named("mean"), Box::new(Mean));
        let replicate = method.replicate(name);
        for (place, right) in golds.chunks(size.cots).enumerate() {
            let mut cots = Vec::new();
            for (cot, right) in right.iter().enumerate() {
                let lean = if *right { 0.3 } else { 0.0 };
                let rewards = (0..6).map(|_| Some(0.7 * random.uniform() + lean)).collect();
                cots.push(CotRewards { id: CotId(cot as i64), rewards: Rewards::new(rewards)? });
            }
            replicate.push(&category(place), RewardRecord { id: id(place), cots })?;
        }
        methods.push(method);
    }
    Ok((questions, methods))
}

fn id(place: usize) -> QuestionId {
    QuestionId::from(format!("question_{place}"))
}

fn category(place: usize) -> Category {
    Category::new(PAPER_ORDER[place % PAPER_ORDER.len()])
}

fn measure(criterion: &mut Criterion, size: &Size) {
    let context = Context::new(Registry::builtin());
    let settings = Settings::default();
    let mut group = criterion.benchmark_group("evaluate");
    group.sample_size(10);
    group.bench_function(BenchmarkId::from_parameter(size.name), |bencher| match made_up(size) {
        Ok((questions, methods)) => {
            bencher.iter(|| black_box(evaluate(&context, &questions, &methods, &settings).is_ok()));
        }
        Err(error) => eprintln!("{} cannot be measured: {error}", size.name),
    });
    group.finish();
}

fn sizes(criterion: &mut Criterion) {
    measure(criterion, &PAPER);
    measure(criterion, &LARGE);
}

criterion_group!(benches, sizes);
criterion_main!(benches);
