//! Rates of causal attention at the shape of SmolLM2-135M: one long sequence, and solutions that share a question.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use touchstone_kernel::{AttentionShape, Keys, Run, Segment, attention};

const SHAPE: AttentionShape = AttentionShape { heads: 9, kv_heads: 3, head_dim: 64, scale: 0.125 };

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|index| (index * 7919 % 2003) as f32 / 1001.5 - 1.0).collect()
}

/// A question of `question` rows, and `solutions` solutions of `each` rows on it.
fn shared(criterion: &mut Criterion, question: usize, solutions: usize, each: usize) {
    let (row, width) = (SHAPE.heads * SHAPE.head_dim, SHAPE.kv_heads * SHAPE.head_dim);
    let rows = question + solutions * each;
    let (q, k, v) = (numbers(rows * row), numbers(rows * width), numbers(rows * width));
    let run = |first: usize, count: usize| {
        let range = first * width..(first + count) * width;
        Run::Rows(Keys { k: &k[range.clone()], v: &v[range] })
    };
    let mut segments =
        vec![Segment { queries: 0..question, visible: (1..=question).collect(), keys: vec![run(0, question)] }];
    for solution in 0..solutions {
        let first = question + solution * each;
        let visible = (question + 1..=question + each).collect();
        let keys = vec![run(0, question), run(first, each)];
        segments.push(Segment { queries: first..first + each, visible, keys });
    }
    let seen: usize = segments.iter().flat_map(|segment| &segment.visible).sum();
    let mut out = vec![0.0; q.len()];
    let mut group = criterion.benchmark_group("attention");
    // An element is a floating-point operation of the two products: criterion's "Gelem/s" are GFLOP/s.
    group.throughput(Throughput::Elements((4 * seen * row) as u64));
    let name = format!("{question} rows, {solutions} x {each} on them");
    group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
        bencher.iter(|| attention(black_box(&q), &SHAPE, black_box(&segments), black_box(&mut out)).unwrap());
    });
    group.finish();
}

fn bench(criterion: &mut Criterion) {
    shared(criterion, 512, 0, 0);
    shared(criterion, 2048, 0, 0);
    shared(criterion, 200, 16, 300);
}

criterion_group!(benches, bench);
criterion_main!(benches);
