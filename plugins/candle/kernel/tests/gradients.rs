//! Backward passes against slopes of the forward formulas in f64.
#![allow(clippy::unwrap_used)]

mod support;

use std::ops::Range;

use support::{bits, numbers, on_threads};
use touchstone_kernel::{
    AttentionInputs, AttentionShape, Keys, Segment, attention, attention_backward, rms_norm_backward,
    silu_gate_backward,
};

/// The slopes of `loss` at `at`, by central differences in f64.
fn slopes(at: &[f32], loss: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let mut values: Vec<f64> = at.iter().map(|value| f64::from(*value)).collect();
    let step = 1e-5;
    (0..values.len())
        .map(|index| {
            let middle = values[index];
            values[index] = middle + step;
            let above = loss(&values);
            values[index] = middle - step;
            let below = loss(&values);
            values[index] = middle;
            (above - below) / (2.0 * step)
        })
        .collect()
}

fn assert_slopes(what: &str, found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0_f64, |largest, slope| largest.max(slope.abs()));
    assert!(largest > 1e-3, "{what}: nothing to compare");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(*found) - expected).abs();
        assert!(error <= 2e-5 * largest, "{what} {index}: {found} for {expected}");
    }
}

/// What each output weighs in the loss.
fn weighed(outputs: &[f64], weights: &[f32]) -> f64 {
    outputs.iter().zip(weights).map(|(output, weight)| output * f64::from(*weight)).sum()
}

#[test]
fn the_gradient_of_a_norm_is_the_slope_of_its_formula_for_any_width() {
    for width in [1, 7, 16, 33] {
        let (x, weight, dy) = (numbers(1, 3 * width), numbers(2, width), numbers(3, 3 * width));
        let loss = |x: &[f64]| {
            let rows = x.chunks(width).flat_map(|x| {
                let mean = x.iter().map(|x| x * x).sum::<f64>() / width as f64;
                x.iter().zip(&weight).map(move |(x, weight)| x * f64::from(*weight) / (mean + 1e-2).sqrt())
            });
            weighed(&rows.collect::<Vec<_>>(), &dy)
        };
        let mut dx = vec![1.0; x.len()];
        rms_norm_backward(&x, &weight, 1e-2, &dy, &mut dx).unwrap();
        dx.iter_mut().for_each(|dx| *dx -= 1.0);
        assert_slopes("norm", &dx, &slopes(&x, loss));
    }
}

#[test]
fn the_gradient_of_a_gate_is_the_slope_of_its_formula() {
    let (gate, up, gradient) = (numbers(4, 37), numbers(5, 37), numbers(6, 37));
    let loss = |gate: &[f64], up: &[f64]| {
        let products: Vec<f64> = gate.iter().zip(up).map(|(gate, up)| gate / (1.0 + (-gate).exp()) * up).collect();
        weighed(&products, &gradient)
    };
    let wide = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect::<Vec<_>>();
    let (mut dgate, mut dup) = (gate.clone(), up.clone());
    silu_gate_backward(&mut dgate, &mut dup, &gradient).unwrap();
    assert_slopes("gate", &dgate, &slopes(&gate, |gate| loss(gate, &wide(&up))));
    assert_slopes("up", &dup, &slopes(&up, |up| loss(&wide(&gate), up)));
}

const SHAPE: AttentionShape = AttentionShape { heads: 4, kv_heads: 2, head_dim: 6, scale: 0.4 };

/// Causal attention in f64.
fn attended(q: &[f64], k: &[f64], v: &[f64], texts: &[Range<usize>]) -> Vec<f64> {
    let (dim, group) = (SHAPE.head_dim, SHAPE.heads / SHAPE.kv_heads);
    let (width, kv_width) = (SHAPE.heads * dim, SHAPE.kv_heads * dim);
    let mut out = vec![0.0; q.len()];
    for text in texts {
        for row in text.clone() {
            for head in 0..SHAPE.heads {
                let q = &q[row * width + head * dim..][..dim];
                let part = |of: &[f64], key: usize| of[key * kv_width + head / group * dim..][..dim].to_vec();
                let score = |key| part(k, key).iter().zip(q).map(|(k, q)| k * q).sum::<f64>() * f64::from(SHAPE.scale);
                let powers: Vec<f64> = (text.start..=row).map(|key| f64::exp(score(key))).collect();
                let sum: f64 = powers.iter().sum();
                for (key, power) in (text.start..=row).zip(powers) {
                    for (out, v) in out[row * width + head * dim..].iter_mut().zip(part(v, key)) {
                        *out += power / sum * v;
                    }
                }
            }
        }
    }
    out
}

#[test]
fn the_gradients_of_attention_are_the_slopes_of_its_formula() {
    // A text of more queries than a block holds would take too long here: the next test has one.
    let texts = [0..5, 6..9];
    let (q, k, v, dout) = (numbers(1, 9 * 24), numbers(2, 9 * 12), numbers(3, 9 * 12), numbers(4, 9 * 24));
    let inputs = AttentionInputs { q: &q, k: &k, v: &v };
    let found = attention_backward(&inputs, &SHAPE, &texts, &dout).unwrap();
    let wide = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect::<Vec<_>>();
    let (q64, k64, v64) = (wide(&q), wide(&k), wide(&v));
    let loss = |q: &[f64], k: &[f64], v: &[f64]| weighed(&attended(q, k, v, &texts), &dout);
    assert_slopes("q", &found.q, &slopes(&q, |q| loss(q, &k64, &v64)));
    assert_slopes("k", &found.k, &slopes(&k, |k| loss(&q64, k, &v64)));
    assert_slopes("v", &found.v, &slopes(&v, |v| loss(&q64, &k64, v)));
    assert!(found.q[5 * 24..6 * 24].iter().all(|gradient| *gradient == 0.0), "a row of no text");
}

#[test]
fn a_step_along_the_gradients_of_a_long_text_changes_the_loss_by_their_size() {
    let rows = 150;
    let inputs = [numbers(1, rows * 24), numbers(2, rows * 12), numbers(3, rows * 12)];
    let dout = numbers(4, rows * 24);
    let loss = |[q, k, v]: &[Vec<f32>; 3]| {
        let visible = (1..=rows).collect();
        let segment = Segment { queries: 0..rows, visible, keys: vec![Keys { k, v }.into()] };
        let mut out = vec![0.0; q.len()];
        attention(q, &SHAPE, &[segment], &mut out).unwrap();
        out.iter().zip(&dout).map(|(out, weight)| f64::from(*out) * f64::from(*weight)).sum::<f64>()
    };
    let [q, k, v] = &inputs;
    let found =
        attention_backward(&AttentionInputs { q, k, v }, &SHAPE, std::slice::from_ref(&(0..rows)), &dout).unwrap();
    for (index, gradient) in [found.q, found.k, found.v].iter().enumerate() {
        let size = gradient.iter().map(|gradient| f64::from(*gradient).powi(2)).sum::<f64>();
        let moved = |step: f64| {
            let mut moved = inputs.clone();
            let step = step / size.sqrt();
            for (value, gradient) in moved[index].iter_mut().zip(gradient) {
                *value += (step * f64::from(*gradient)) as f32;
            }
            loss(&moved)
        };
        let slope = (moved(0.05) - moved(-0.05)) / 0.1;
        assert!((slope - size.sqrt()).abs() < 2e-3 * size.sqrt(), "{index}: {slope} for {}", size.sqrt());
    }
}

#[test]
fn gradients_of_a_text_depend_on_neither_threads_nor_other_texts() {
    let (q, k, v, dout) = (numbers(1, 90 * 24), numbers(2, 90 * 12), numbers(3, 90 * 12), numbers(4, 90 * 24));
    let inputs = AttentionInputs { q: &q, k: &k, v: &v };
    let both = |threads| on_threads(threads, || attention_backward(&inputs, &SHAPE, &[0..20, 20..90], &dout).unwrap());
    assert_eq!(both(1), both(2));
    let alone = AttentionInputs { q: &q[20 * 24..], k: &k[20 * 12..], v: &v[20 * 12..] };
    let alone = attention_backward(&alone, &SHAPE, std::slice::from_ref(&(0..70)), &dout[20 * 24..]).unwrap();
    assert_eq!(bits(&alone.k), bits(&both(1).k[20 * 12..]));
}

#[test]
fn what_does_not_fit_is_refused() {
    let inputs = AttentionInputs { q: &[0.0; 48], k: &[0.0; 24], v: &[0.0; 24] };
    let refused = |texts: &[Range<usize>], dout: &[f32]| attention_backward(&inputs, &SHAPE, texts, dout).unwrap_err();
    assert!(refused(std::slice::from_ref(&(0..2)), &[0.0; 47]).to_string().contains("48"));
    assert!(refused(&[0..2, 1..2], &[0.0; 48]).to_string().contains("1..2"));
    assert!(refused(std::slice::from_ref(&(0..3)), &[0.0; 48]).to_string().contains("0..3"));
}
