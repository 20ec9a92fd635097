//! The backward pass of causal attention, for texts that share nothing.
//!
//! Scores and shares are computed again rather than kept: of a block of queries at a time, so that memory does not grow
//! with the square of a text's length.

use std::ops::Range;

use rayon::prelude::*;

use super::AttentionShape;
use crate::arithmetic::{Arithmetic, LANES, exp, sum_lanes};
use crate::error::{KernelError, check_length, whole_rows};
use crate::instructions::{InstructionSet, Kernel};
use crate::product::{View, multiply};

/// Queries of a block.
const QUERIES: usize = 64;

/// What attention was given: `q` is `[rows, heads * head_dim]`, `k` and `v` are `[rows, kv_heads * head_dim]`.
#[derive(Debug, Clone, Copy)]
pub struct AttentionInputs<'a> {
    /// Queries, after the rotation.
    pub q: &'a [f32],
    /// Keys, after the rotation.
    pub k: &'a [f32],
    /// Values.
    pub v: &'a [f32],
}

/// The gradients of [`AttentionInputs`], of the same sizes.
#[derive(Debug, Clone, PartialEq)]
pub struct AttentionGradients {
    /// Of the queries.
    pub q: Vec<f32>,
    /// Of the keys.
    pub k: Vec<f32>,
    /// Of the values.
    pub v: Vec<f32>,
}

/// The gradients of causal attention's inputs, given `dout`, that of its output: each of `texts` is the rows of one text,
/// in which a row sees itself and those before it. Rows of no text get zeros.
///
/// # Errors
/// If the lengths do not fit, or texts overlap or leave the batch.
pub fn attention_backward(
    inputs: &AttentionInputs<'_>,
    shape: &AttentionShape,
    texts: &[Range<usize>],
    dout: &[f32],
) -> Result<AttentionGradients, KernelError> {
    check(inputs, shape, texts, dout)?;
    let tasks: Vec<(usize, usize)> =
        (0..texts.len()).flat_map(|text| (0..shape.kv_heads).map(move |head| (text, head))).collect();
    let set = InstructionSet::best();
    let parts: Vec<AttentionGradients> = tasks
        .par_iter()
        .map(|&(text, head)| set.run(HeadBackward { inputs, shape, rows: texts[text].clone(), head, dout }))
        .collect();
    let mut all =
        AttentionGradients { q: vec![0.0; inputs.q.len()], k: vec![0.0; inputs.k.len()], v: vec![0.0; inputs.v.len()] };
    let (width, kv_width, group) = (shape.width(), shape.kv_width(), shape.group() * shape.head_dim);
    for (&(text, head), part) in tasks.iter().zip(&parts) {
        let first = texts[text].start;
        place(&part.q, group, &mut all.q[first * width..], width, head);
        place(&part.k, shape.head_dim, &mut all.k[first * kv_width..], kv_width, head);
        place(&part.v, shape.head_dim, &mut all.v[first * kv_width..], kv_width, head);
    }
    Ok(all)
}

/// Puts rows of `part` where they belong in the rows of `all`: the `index`-th part of each.
fn place(part: &[f32], part_width: usize, all: &mut [f32], width: usize, index: usize) {
    for (part, row) in part.chunks(part_width).zip(all.chunks_mut(width)) {
        row[index * part_width..][..part_width].copy_from_slice(part);
    }
}

impl AttentionShape {
    fn group(&self) -> usize {
        self.heads / self.kv_heads
    }

    fn width(&self) -> usize {
        self.heads * self.head_dim
    }

    fn kv_width(&self) -> usize {
        self.kv_heads * self.head_dim
    }
}

/// One text's part of one head of keys, with all heads of queries that share it.
struct HeadBackward<'a> {
    inputs: &'a AttentionInputs<'a>,
    shape: &'a AttentionShape,
    rows: Range<usize>,
    head: usize,
    dout: &'a [f32],
}

impl Kernel for HeadBackward<'_> {
    type Output = AttentionGradients;

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> AttentionGradients {
        let (shape, length, dim) = (self.shape, self.rows.len(), self.shape.head_dim);
        let (group, width, kv_width) = (shape.group(), shape.width(), shape.kv_width());
        let mut gradients = AttentionGradients {
            q: vec![0.0; length * group * dim],
            k: vec![0.0; length * dim],
            v: vec![0.0; length * dim],
        };
        let keys = |count: usize| View::rows(self.rows.start * kv_width + self.head * dim, [count, dim], kv_width);
        let mut shares = vec![0.0; QUERIES.min(length) * length];
        let mut slopes = shares.clone();
        for member in 0..group {
            let column = (self.head * group + member) * dim;
            for first in (0..length).step_by(QUERIES) {
                let count = QUERIES.min(length - first);
                // No query of the block sees more keys than its last one.
                let seen = first + count;
                let queries = View::rows((self.rows.start + first) * width + column, [count, dim], width);
                let scores = View::rows(0, [count, seen], seen);
                let (k, v) = ((self.inputs.k, keys(seen)), (self.inputs.v, keys(seen)));
                let dout = (self.dout, queries);
                let transposed = |(data, view): (_, View)| (data, view.transposed());
                multiply((self.inputs.q, queries), transposed(k), shape.scale, (&mut shares, scores), false);
                multiply(dout, transposed(v), 1.0, (&mut slopes, scores), false);
                for row in 0..count {
                    let (shares, slopes) = (&mut shares[row * seen..][..seen], &mut slopes[row * seen..][..seen]);
                    softmax_backward::<A>(shares, slopes, first + row + 1);
                }
                let own = View::rows((first * group + member) * dim, [count, dim], group * dim);
                multiply((&slopes, scores), k, shape.scale, (&mut gradients.q, own), false);
                let all = View::rows(0, [seen, dim], dim);
                let queries = (self.inputs.q, queries);
                multiply(transposed((&slopes, scores)), queries, shape.scale, (&mut gradients.k, all), true);
                multiply(transposed((&shares, scores)), dout, 1.0, (&mut gradients.v, all), true);
            }
        }
        gradients
    }
}

/// Makes shares of the scores of the first `visible` keys, and the scores' gradient of the shares'. Of the other keys both
/// become 0.
#[inline(always)]
fn softmax_backward<A: Arithmetic>(shares: &mut [f32], slopes: &mut [f32], visible: usize) {
    shares[visible..].fill(0.0);
    slopes[visible..].fill(0.0);
    let (shares, slopes) = (&mut shares[..visible], &mut slopes[..visible]);
    let mut greatest = f32::NEG_INFINITY;
    for score in shares.iter() {
        greatest = if *score > greatest { *score } else { greatest };
    }
    for share in shares.iter_mut() {
        *share = exp::<A>(*share - greatest);
    }
    let (mut sums, mut products) = ([0.0; LANES], [0.0; LANES]);
    for (shares, slopes) in shares.chunks(LANES).zip(slopes.chunks(LANES)) {
        for lane in 0..shares.len() {
            sums[lane] += shares[lane];
            products[lane] = A::multiply_add(shares[lane], slopes[lane], products[lane]);
        }
    }
    let scale = 1.0 / sum_lanes(&sums);
    let mean = sum_lanes(&products) * scale;
    for (share, slope) in shares.iter_mut().zip(slopes) {
        *share *= scale;
        *slope = *share * (*slope - mean);
    }
}

fn check(
    inputs: &AttentionInputs<'_>,
    shape: &AttentionShape,
    texts: &[Range<usize>],
    dout: &[f32],
) -> Result<(), KernelError> {
    shape.check()?;
    let rows = whole_rows("q of attention", shape.width(), inputs.q.len())?;
    check_length("the keys of attention", rows * shape.kv_width(), inputs.k.len())?;
    check_length("the values of attention", rows * shape.kv_width(), inputs.v.len())?;
    check_length("the gradient of attention's output", inputs.q.len(), dout.len())?;
    let mut end = 0;
    for (segment, text) in texts.iter().enumerate() {
        if text.start < end || text.end < text.start || text.end > rows {
            return Err(KernelError::Queries { segment, queries: text.clone(), rows });
        }
        end = text.end;
    }
    Ok(())
}
