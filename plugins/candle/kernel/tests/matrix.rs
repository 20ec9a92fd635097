//! Laws of linear layers and of the gated MLP.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;

use half::{bf16, f16};
use proptest::prelude::*;
use support::{assert_close, bits, numbers, on_threads, product};
use touchstone_kernel::{GatedMlp, KernelError, PackedMatrix, linear, linear_add};

fn linear_of(x: &[f32], weights: &PackedMatrix, bias: Option<&[f32]>) -> Vec<f32> {
    let mut y = vec![f32::NAN; x.len() / weights.inputs() * weights.outputs()];
    linear(x, weights, bias, &mut y).unwrap();
    y
}

fn mlp_of(inputs: usize, wide: usize, seed: u64) -> (GatedMlp, [Vec<f32>; 3]) {
    let weights = [seed, seed + 1, seed + 2].map(|seed| numbers(seed, wide * inputs));
    let gate = PackedMatrix::from_f32(&weights[0], wide, inputs).unwrap();
    let up = PackedMatrix::from_f32(&weights[1], wide, inputs).unwrap();
    let down = PackedMatrix::from_f32(&weights[2], inputs, wide).unwrap();
    (GatedMlp::new(gate.into(), up.into(), down.into()).unwrap(), weights)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_linear_layer_is_the_product_in_f64(rows in 1..70usize, inputs in 1..140usize, outputs in 1..90usize, seed: u64) {
        let (x, weights, bias) = (numbers(seed, rows * inputs), numbers(!seed, outputs * inputs), numbers(3, outputs));
        let (mut expected, sizes) = product(&x, &weights, inputs);
        let matrix = PackedMatrix::from_f32(&weights, outputs, inputs).unwrap();
        assert_close(&linear_of(&x, &matrix, None), &expected, &sizes, 1e-5);

        let mut onto = numbers(4, rows * outputs);
        let started = onto.clone();
        linear_add(&x, &matrix, &mut onto).unwrap();
        let sums: Vec<f64> = started.iter().zip(&expected).map(|(y, sum)| f64::from(*y) + sum).collect();
        let bounds: Vec<f64> = sizes.iter().map(|size| size + 1.0).collect();
        assert_close(&onto, &sums, &bounds, 1e-5);

        expected.chunks_mut(outputs).for_each(|row| row.iter_mut().zip(&bias).for_each(|(y, b)| *y += f64::from(*b)));
        assert_close(&linear_of(&x, &matrix, Some(&bias)), &expected, &bounds, 1e-5);
    }

    #[test]
    fn a_row_has_the_same_bits_alone_and_at_any_place_of_any_batch(
        rows in 2..70usize, inputs in 1..900usize, outputs in 1..70usize, seed: u64,
    ) {
        let (x, weights) = (numbers(seed, rows * inputs), numbers(5, outputs * inputs));
        let matrix = PackedMatrix::from_f32(&weights, outputs, inputs).unwrap();
        let together = linear_of(&x, &matrix, None);
        for (row, expected) in x.chunks(inputs).zip(together.chunks(outputs)) {
            prop_assert_eq!(bits(&linear_of(row, &matrix, None)), bits(expected));
        }
        let from = (seed % rows as u64) as usize;
        prop_assert_eq!(bits(&linear_of(&x[from * inputs..], &matrix, None)), bits(&together[from * outputs..]));
    }

    #[test]
    fn sixteen_bit_weights_give_the_bits_of_the_same_values_in_f32(
        rows in 1..30usize, inputs in 1..900usize, outputs in 1..50usize, seed: u64,
    ) {
        let (x, weights) = (numbers(seed, rows * inputs), numbers(6, outputs * inputs));
        let narrow: Vec<bf16> = weights.iter().copied().map(bf16::from_f32).collect();
        let wide: Vec<f32> = narrow.iter().map(|weight| weight.to_f32()).collect();
        prop_assert_eq!(
            bits(&linear_of(&x, &PackedMatrix::from_bf16(&narrow, outputs, inputs).unwrap(), None)),
            bits(&linear_of(&x, &PackedMatrix::from_f32(&wide, outputs, inputs).unwrap(), None))
        );
        let narrow: Vec<f16> = weights.iter().copied().map(f16::from_f32).collect();
        let wide: Vec<f32> = narrow.iter().map(|weight| weight.to_f32()).collect();
        prop_assert_eq!(
            bits(&linear_of(&x, &PackedMatrix::from_f16(&narrow, outputs, inputs).unwrap(), None)),
            bits(&linear_of(&x, &PackedMatrix::from_f32(&wide, outputs, inputs).unwrap(), None))
        );
    }

    #[test]
    fn a_gated_mlp_is_its_formula_in_f64(rows in 1..20usize, inputs in 1..40usize, wide in 1..70usize, seed: u64) {
        let (mlp, [gate, up, down]) = mlp_of(inputs, wide, seed % 1000);
        let x = numbers(seed, rows * inputs);
        let mut y = numbers(8, rows * inputs);
        let mut expected: Vec<f64> = y.iter().copied().map(f64::from).collect();
        mlp.add_to(&x, &mut y).unwrap();
        let (gates, ups) = (product(&x, &gate, inputs).0, product(&x, &up, inputs).0);
        let middle: Vec<f64> = gates.iter().zip(&ups).map(|(gate, up)| gate / (1.0 + (-gate).exp()) * up).collect();
        let mut sizes = vec![1.0; y.len()];
        for row in 0..rows {
            for column in 0..inputs {
                for index in 0..wide {
                    let term = middle[row * wide + index] * f64::from(down[column * wide + index]);
                    expected[row * inputs + column] += term;
                    // What the two products of the first half may be off by grows with their own terms.
                    sizes[row * inputs + column] += term.abs() + inputs as f64 * 0.1;
                }
            }
        }
        assert_close(&y, &expected, &sizes, 1e-5);
    }
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    // Two chunks of the MLP, several row and column cells, a panel that is not full, two blocks of inputs.
    let (rows, inputs, wide) = (200, 100, 1000);
    let (mlp, weights) = mlp_of(inputs, wide, 11);
    let up = PackedMatrix::from_f32(&weights[0], wide, inputs).unwrap();
    let down = PackedMatrix::from_f32(&weights[2], inputs, wide).unwrap();
    let x = numbers(1, rows * inputs);
    let all = |threads| {
        on_threads(threads, || {
            let middle = linear_of(&x, &up, None);
            let mut y = linear_of(&middle, &down, None);
            mlp.add_to(&x, &mut y).unwrap();
            bits(&y)
        })
    };
    let one = all(1);
    assert_eq!(one, all(2));
    assert_eq!(one, all(5));
}

#[test]
fn a_row_of_an_mlp_has_the_same_bits_alone_and_in_a_batch() {
    let (rows, inputs, wide) = (210, 24, 40);
    let (mlp, _) = mlp_of(inputs, wide, 21);
    let (x, residual) = (numbers(2, rows * inputs), numbers(3, rows * inputs));
    let mut together = residual.clone();
    mlp.add_to(&x, &mut together).unwrap();
    for row in 0..rows {
        let row = row * inputs..(row + 1) * inputs;
        let mut alone = residual[row.clone()].to_vec();
        mlp.add_to(&x[row.clone()], &mut alone).unwrap();
        assert_eq!(bits(&alone), bits(&together[row]));
    }
}

#[test]
fn a_row_that_is_no_number_spoils_no_other_row() {
    let (rows, inputs, outputs) = (23, 50, 33);
    let matrix = PackedMatrix::from_f32(&numbers(1, outputs * inputs), outputs, inputs).unwrap();
    let (mlp, _) = mlp_of(inputs, 60, 5);
    let mut x = numbers(2, rows * inputs);
    let clean = linear_of(&x, &matrix, None);
    let mut clean_mlp = x.clone();
    mlp.add_to(&x, &mut clean_mlp).unwrap();
    x[7 * inputs] = f32::NAN;
    x[12 * inputs + 3] = f32::INFINITY;
    let spoilt = linear_of(&x, &matrix, None);
    let mut spoilt_mlp = x.clone();
    mlp.add_to(&x, &mut spoilt_mlp).unwrap();
    for row in 0..rows {
        let own = row == 7 || row == 12;
        assert_eq!(own, bits(&clean[row * outputs..][..outputs]) != bits(&spoilt[row * outputs..][..outputs]));
        assert_eq!(own, bits(&clean_mlp[row * inputs..][..inputs]) != bits(&spoilt_mlp[row * inputs..][..inputs]));
    }
}

#[test]
fn no_rows_are_no_work() {
    let (mlp, _) = mlp_of(4, 6, 1);
    mlp.add_to(&[], &mut []).unwrap();
    linear(&[], &PackedMatrix::from_f32(&[1.0; 8], 2, 4).unwrap(), None, &mut []).unwrap();
}

#[test]
fn sixteen_bit_weights_take_half_the_memory() {
    let f32s = PackedMatrix::from_f32(&[1.0; 96], 32, 3).unwrap();
    let f16s = PackedMatrix::from_f16(&[f16::ONE; 96], 32, 3).unwrap();
    assert_eq!((f32s.bytes(), f16s.bytes()), (384, 192));
}

#[test]
fn lengths_that_do_not_fit_are_refused_and_nothing_is_written() {
    assert_eq!(
        PackedMatrix::from_f32(&[], 0, 3).unwrap_err(),
        KernelError::Zero { what: "the number of outputs of a matrix" }
    );
    assert!(PackedMatrix::from_f32(&[], 3, 0).is_err());
    let error = PackedMatrix::from_f32(&[0.0; 5], 2, 3).unwrap_err();
    assert_eq!(error, KernelError::Length { operand: "the matrix of weights", expected: 6, found: 5 });

    let matrix = PackedMatrix::from_f32(&[1.0; 6], 2, 3).unwrap();
    let mut y = [5.0; 4];
    assert!(matches!(
        linear(&[1.0; 5], &matrix, None, &mut y),
        Err(KernelError::PartialRow { width: 3, found: 5, .. })
    ));
    assert!(linear(&[1.0; 3], &matrix, None, &mut y).is_err());
    assert!(linear(&[1.0; 6], &matrix, Some(&[1.0; 3]), &mut y).is_err());
    assert!(linear_add(&[1.0; 9], &matrix, &mut y).is_err());
    assert_eq!(y, [5.0; 4]);

    let (matrix, square) = (Arc::new(matrix), Arc::new(PackedMatrix::from_f32(&[1.0; 9], 3, 3).unwrap()));
    assert!(GatedMlp::new(matrix.clone(), matrix.clone(), square.clone()).is_err());
    assert!(GatedMlp::new(matrix.clone(), square.clone(), matrix.clone()).is_err());
}
