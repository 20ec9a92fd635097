//! Rates of products at the shapes of SmolLM2-135M: this crate against the `gemm` crate, which candle multiplies with.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use half::{bf16, f16};
use touchstone_kernel::{PackedMatrix, linear};

/// Rows, inputs, outputs.
const SHAPES: [[usize; 3]; 6] =
    [[512, 576, 1536], [512, 1536, 576], [512, 576, 576], [512, 576, 192], [16, 576, 1536], [1, 576, 1536]];

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|index| (index * 7919 % 2003) as f32 / 1001.5 - 1.0).collect()
}

fn gemm_product(x: &[f32], weights: &[f32], rows: usize, inputs: usize, outputs: usize, y: &mut [f32]) {
    let [rows_stride, inputs_stride] = [outputs as isize, inputs as isize];
    let threads = gemm::Parallelism::Rayon(rayon::current_num_threads());
    // SAFETY: the three slices hold exactly the rows and columns that the sizes and strides reach.
    #[allow(unsafe_code)]
    unsafe {
        gemm::gemm(
            rows,
            outputs,
            inputs,
            y.as_mut_ptr(),
            1,
            rows_stride,
            false,
            x.as_ptr(),
            1,
            inputs_stride,
            weights.as_ptr(),
            inputs_stride,
            1,
            0.0,
            1.0,
            false,
            false,
            false,
            threads,
        );
    }
}

fn matmul(criterion: &mut Criterion) {
    for [rows, inputs, outputs] in SHAPES {
        let name = format!("[{rows} x {inputs}] x [{inputs} x {outputs}]");
        let mut group = criterion.benchmark_group(name);
        // An element is a floating-point operation: criterion's "Gelem/s" are GFLOP/s.
        group.throughput(Throughput::Elements((2 * rows * inputs * outputs) as u64));
        let (x, weights) = (numbers(rows * inputs), numbers(outputs * inputs));
        let mut y = vec![0.0; rows * outputs];
        let bf16s: Vec<bf16> = weights.iter().copied().map(bf16::from_f32).collect();
        let f16s: Vec<f16> = weights.iter().copied().map(f16::from_f32).collect();
        let packed = [
            ("packed f32", PackedMatrix::from_f32(&weights, outputs, inputs).unwrap()),
            ("packed bf16", PackedMatrix::from_bf16(&bf16s, outputs, inputs).unwrap()),
            ("packed f16", PackedMatrix::from_f16(&f16s, outputs, inputs).unwrap()),
        ];
        for (name, matrix) in &packed {
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter(|| linear(black_box(&x), matrix, None, black_box(&mut y)).unwrap());
            });
        }
        group.bench_function(BenchmarkId::from_parameter("gemm"), |bencher| {
            bencher.iter(|| gemm_product(black_box(&x), black_box(&weights), rows, inputs, outputs, black_box(&mut y)));
        });
        group.finish();
    }
}

criterion_group!(benches, matmul);
criterion_main!(benches);
