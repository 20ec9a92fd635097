//! Numbers to compute with, and what they are held against.
#![allow(dead_code, clippy::unwrap_used)]

/// Numbers in -1..1 that look random and are the same in every run.
pub fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..8).for_each(|_| {
        next();
    });
    (0..count).map(|_| next()).collect()
}

/// `x W^T` in f64 and, for each number, the sum of the sizes of what was added: rounding errors are measured by it.
pub fn product(x: &[f32], weights: &[f32], inputs: usize) -> (Vec<f64>, Vec<f64>) {
    let mut sums = Vec::new();
    let mut sizes = Vec::new();
    for x in x.chunks(inputs) {
        for weights in weights.chunks(inputs) {
            let terms = x.iter().zip(weights).map(|(x, weight)| f64::from(*x) * f64::from(*weight));
            sums.push(terms.clone().sum());
            sizes.push(terms.map(f64::abs).sum());
        }
    }
    (sums, sizes)
}

/// Holds `found` against `expected` within `tolerance` of each size.
pub fn assert_close(found: &[f32], expected: &[f64], sizes: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (index, ((found, expected), size)) in found.iter().zip(expected).zip(sizes).enumerate() {
        let error = (f64::from(*found) - expected).abs();
        assert!(error <= tolerance * (size + 1e-6), "number {index}: {found} for {expected}");
    }
}

/// The bits, so that NaN equals NaN and -0 is not 0.
pub fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

/// Runs `work` on `threads` threads.
pub fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}
