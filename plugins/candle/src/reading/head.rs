//! What turns a hidden state into the values that are read.

use candle_core::{DType, Device, Tensor};
use rayon::prelude::*;

use crate::Result;
use crate::decoder::Decoder;

/// The part of a model's output that is wanted at a position. Only the hidden states at the positions meet it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadingHead {
    /// The logits of these tokens, in this order: their rows of the output head and no others.
    Tokens(Vec<u32>),
    /// The logits of the model's classes: one linear layer (`score`), or several with a ReLU between them (`score.0`,
    /// `score.2`, as Qwen's process reward models have it).
    Classifier,
}

/// A head at work on a decoder's hidden states.
pub(super) enum LoadedHead<'d> {
    Tokens(TokenRows),
    Classifier(&'d Decoder),
}

impl ReadingHead {
    pub(super) fn load<'d>(&self, decoder: &'d Decoder) -> Result<LoadedHead<'d>> {
        Ok(match self {
            Self::Tokens(tokens) => {
                let rows = decoder.head_rows(tokens)?;
                LoadedHead::Tokens(TokenRows { width: rows.dim(1)?, rows: plain(&rows)?.concat() })
            }
            Self::Classifier => LoadedHead::Classifier(decoder),
        })
    }
}

impl LoadedHead<'_> {
    /// The values of hidden states [n, hidden], for each of them one row.
    pub(super) fn apply(&self, hidden: &Tensor) -> Result<Vec<Vec<f32>>> {
        match self {
            Self::Tokens(rows) => Ok(plain(hidden)?.par_iter().map(|state| rows.apply(state)).collect()),
            Self::Classifier(decoder) => plain(&decoder.classify(hidden)?),
        }
    }
}

/// The rows of a matrix in f32, in this machine's memory.
fn plain(rows: &Tensor) -> Result<Vec<Vec<f32>>> {
    Ok(rows.to_dtype(DType::F32)?.to_device(&Device::Cpu)?.to_vec2()?)
}

/// Some rows of an output head: [tokens, width]. They are few, so plain loops do, on every device alike: each logit is a sum
/// in f64 in an order that hangs on nothing, so it depends on its own hidden state alone.
pub(super) struct TokenRows {
    rows: Vec<f32>,
    width: usize,
}

impl TokenRows {
    fn apply(&self, state: &[f32]) -> Vec<f32> {
        self.rows.chunks_exact(self.width).map(|row| dot(row, state) as f32).collect()
    }
}

/// The sum of products, in eight running sums that the compiler can keep in vector registers.
fn dot(left: &[f32], right: &[f32]) -> f64 {
    const LANES: usize = 8;
    let product = |(left, right): (&f32, &f32)| f64::from(*left) * f64::from(*right);
    let (mut lefts, mut rights) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    let mut sums = [0.0; LANES];
    for (left, right) in lefts.by_ref().zip(rights.by_ref()) {
        for (sum, pair) in sums.iter_mut().zip(left.iter().zip(right)) {
            *sum += product(pair);
        }
    }
    let rest: f64 = lefts.remainder().iter().zip(rights.remainder()).map(product).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_has_one_value_for_each_row() {
        let rows = TokenRows { rows: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], width: 2 };
        assert_eq!(rows.apply(&[1.0, 10.0]), [21.0, 43.0, 65.0]);
    }

    #[test]
    fn a_sum_of_many_products_is_that_of_exact_arithmetic() {
        // Halves and small whole numbers: every product and sum is exact.
        let left: Vec<f32> = (0..1003).map(|place| (place % 17) as f32 * 0.5 - 4.0).collect();
        let right: Vec<f32> = (0..1003).map(|place| (place % 23) as f32 - 11.0).collect();
        let exact: f64 = left.iter().zip(&right).map(|(left, right)| f64::from(left * right)).sum();
        assert_eq!(dot(&left, &right), exact);
    }
}
