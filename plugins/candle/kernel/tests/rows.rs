//! Laws of norms, rotations, sums and gates.
#![allow(clippy::unwrap_used)]

mod support;

use support::{assert_close, bits, numbers, on_threads};
use touchstone_kernel::{RowAngles, add, log_sum_exp, rms_norm, rotate, silu_gate};

#[test]
fn a_norm_is_its_formula_in_f64_for_any_width() {
    for width in [1, 7, 16, 33, 64, 576] {
        let (x, weight) = (numbers(1, 9 * width), numbers(2, width));
        let mut y = vec![0.0; x.len()];
        rms_norm(&x, &weight, 1e-5, &mut y).unwrap();
        let mut expected = Vec::new();
        for x in x.chunks(width) {
            let mean = x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / width as f64;
            expected.extend(x.iter().zip(&weight).map(|(x, w)| f64::from(*x) * f64::from(*w) / (mean + 1e-5).sqrt()));
        }
        let sizes: Vec<f64> = expected.iter().map(|y| y.abs()).collect();
        assert_close(&y, &expected, &sizes, 1e-6);
    }
}

#[test]
fn rows_of_a_norm_do_not_depend_on_batch_or_threads() {
    // More than one task.
    let (rows, width) = (300, 333);
    let (x, weight) = (numbers(3, rows * width), numbers(4, width));
    let normed = |x: &[f32]| {
        let mut y = vec![0.0; x.len()];
        rms_norm(x, &weight, 1e-6, &mut y).unwrap();
        bits(&y)
    };
    let one = on_threads(1, || normed(&x));
    assert_eq!(one, on_threads(2, || normed(&x)));
    for (row, expected) in x.chunks(width).zip(one.chunks(width)) {
        assert_eq!(normed(row), expected);
    }
}

/// Cosines and sines of these positions, row by row.
fn angles(frequencies: &[f64], positions: &[usize]) -> [Vec<f32>; 2] {
    let angles: Vec<f64> = positions.iter().flat_map(|p| frequencies.iter().map(move |f| *p as f64 * f)).collect();
    [angles.iter().map(|angle| angle.cos() as f32).collect(), angles.iter().map(|angle| angle.sin() as f32).collect()]
}

#[test]
fn heads_are_rotated_in_halves_by_position_and_frequency() {
    let (heads, head_dim, frequencies) = (3, 8, [1.0, 0.1, 0.01, 0.001]);
    let positions = [0, 1, 17, 4999, 300];
    let [cosines, sines] = angles(&frequencies, &positions);
    let x = numbers(5, positions.len() * heads * head_dim);
    let mut y = x.clone();
    rotate(&mut y, head_dim, &RowAngles { frequencies: 4, cosines: &cosines, sines: &sines }).unwrap();
    let mut expected = Vec::new();
    for (head, x) in x.chunks(head_dim).enumerate() {
        let position = positions[head / heads] as f64;
        for index in 0..head_dim {
            let (sine, cosine) = (position * frequencies[index % 4]).sin_cos();
            let partner = f64::from(x[(index + 4) % 8]) * if index < 4 { -1.0 } else { 1.0 };
            expected.push(f64::from(x[index]) * cosine + partner * sine);
        }
    }
    assert_close(&y, &expected, &vec![1.0; x.len()], 3e-7);
    assert_eq!(bits(&y[..heads * head_dim]), bits(&x[..heads * head_dim]), "position 0 rotates nothing");
}

#[test]
fn numbers_of_a_head_beyond_the_rotated_part_stay() {
    let [cosines, sines] = angles(&[0.5], &[3, 2]);
    let mut x = numbers(6, 10);
    let before = x.clone();
    rotate(&mut x, 5, &RowAngles { frequencies: 1, cosines: &cosines, sines: &sines }).unwrap();
    for head in 0..2 {
        assert_ne!(bits(&x[head * 5..][..2]), bits(&before[head * 5..][..2]));
        assert_eq!(bits(&x[head * 5 + 2..][..3]), bits(&before[head * 5 + 2..][..3]));
    }
}

#[test]
fn rotations_that_do_not_fit_are_refused() {
    let [cosines, sines] = angles(&[1.0, 0.5], &[0, 1]);
    let two = RowAngles { frequencies: 2, cosines: &cosines, sines: &sines };
    let mut x = [1.0; 8];
    assert!(rotate(&mut x, 3, &two).is_err(), "a head shorter than what is rotated");
    assert!(rotate(&mut x, 5, &two).is_err(), "no whole head");
    assert!(rotate(&mut x[..4], 4, &two).is_err(), "no whole row");
    assert!(rotate(&mut x, 4, &RowAngles { sines: &sines[..3], ..two }).is_err());
    assert!(rotate(&mut x, 4, &RowAngles { frequencies: 0, ..two }).is_err());
    assert!(rotate(&mut x, 4, &RowAngles { cosines: &[], sines: &[], ..two }).is_err());
    assert_eq!(x, [1.0; 8]);
    rotate(&mut [], 4, &two).unwrap();
    rotate(&mut [], 4, &RowAngles { cosines: &[], sines: &[], ..two }).unwrap();
}

#[test]
fn a_gate_is_silu_times_up() {
    let mut gate: Vec<f32> = numbers(7, 70_000).iter().map(|x| x * 30.0).collect();
    let up = numbers(8, gate.len());
    let expected: Vec<f64> = gate
        .iter()
        .zip(&up)
        .map(|(gate, up)| f64::from(*gate) / (1.0 + (-f64::from(*gate)).exp()) * f64::from(*up))
        .collect();
    silu_gate(&mut gate, &up).unwrap();
    let sizes: Vec<f64> = expected.iter().map(|y| y.abs()).collect();
    assert_close(&gate, &expected, &sizes, 1e-6);
    assert!(silu_gate(&mut gate, &up[1..]).is_err());
}

#[test]
fn sums_are_number_by_number() {
    let (x, mut y) = (numbers(9, 70_001), numbers(10, 70_001));
    let expected: Vec<f32> = x.iter().zip(&y).map(|(x, y)| y + x).collect();
    add(&x, &mut y).unwrap();
    assert_eq!(bits(&y), bits(&expected));
    assert!(add(&x[1..], &mut y).is_err());
}

#[test]
fn a_norm_of_no_rows_is_no_work_and_of_no_width_is_refused() {
    rms_norm(&[], &[1.0], 1e-5, &mut []).unwrap();
    assert!(rms_norm(&[], &[], 1e-5, &mut []).is_err());
    assert!(rms_norm(&[1.0; 3], &[1.0; 2], 1e-5, &mut [0.0; 3]).is_err());
    assert!(rms_norm(&[1.0; 4], &[1.0; 2], 1e-5, &mut [0.0; 2]).is_err());
}

#[test]
fn the_logarithm_of_a_sum_of_exponentials() {
    for count in [1, 2, 15, 16, 17, 1000, 49_152] {
        let logits: Vec<f32> = numbers(count as u64, count).iter().map(|logit| logit * 20.0).collect();
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let expected = f64::from(most) + logits.iter().map(|logit| f64::from(logit - most).exp()).sum::<f64>().ln();
        let found = log_sum_exp(&logits);
        assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
    }
    // Neither great logits nor tokens that cannot be are in the way.
    assert!((log_sum_exp(&[1e30, f32::NEG_INFINITY]) - f64::from(1e30_f32)).abs() < 1e20);
    assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
    assert_eq!(log_sum_exp(&[f32::NEG_INFINITY; 40]), f64::NEG_INFINITY);
    assert!(log_sum_exp(&[f32::NAN; 3]).is_nan());
}
