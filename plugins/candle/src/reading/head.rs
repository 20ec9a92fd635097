//! What turns a hidden state into the values that are read.

use rayon::prelude::*;

/// The part of a model's output that is wanted: rows of its output head (the logits of some tokens), or a classification
/// head. Only the hidden states at the positions that are read meet it, so it is small work and done in plain loops on the
/// CPU: the weights are f32, sums are taken in f64 in a fixed order, and a value depends on its hidden state alone.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadingHead {
    layers: Vec<Linear>,
}

/// A linear layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// `[outputs, inputs]`, row by row.
    pub weight: Vec<f32>,
    /// One for each output; none is zero.
    pub bias: Option<Vec<f32>>,
    /// The width of what goes in.
    pub inputs: usize,
}

impl Linear {
    /// The width of what comes out.
    pub fn outputs(&self) -> usize {
        self.weight.len() / self.inputs.max(1)
    }

    fn apply(&self, input: &[f32]) -> Vec<f32> {
        let rows = self.weight.chunks_exact(self.inputs.max(1));
        let bias = self.bias.iter().flatten().copied().chain(std::iter::repeat(0.0));
        rows.zip(bias).map(|(row, bias)| (dot(row, input) + f64::from(bias)) as f32).collect()
    }
}

impl ReadingHead {
    /// These layers one after the other, with a ReLU between any two of them.
    pub fn new(layers: Vec<Linear>) -> Self {
        Self { layers }
    }

    /// How many values a position has.
    pub fn width(&self) -> usize {
        self.layers.last().map_or(0, Linear::outputs)
    }

    /// The width of the hidden states that it takes.
    pub fn inputs(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.inputs)
    }

    /// The values of hidden states `[n, inputs]`.
    pub(super) fn apply(&self, hidden: &[f32]) -> Vec<Vec<f32>> {
        hidden.par_chunks_exact(self.inputs().max(1)).map(|state| self.apply_one(state)).collect()
    }

    fn apply_one(&self, state: &[f32]) -> Vec<f32> {
        let Some((last, inner)) = self.layers.split_last() else { return Vec::new() };
        let relu = |values: Vec<f32>| values.into_iter().map(|value| value.max(0.0)).collect();
        let state = inner.iter().fold(state.to_vec(), |state, layer| relu(layer.apply(&state)));
        last.apply(&state)
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

    fn linear(weight: &[f32], bias: Option<&[f32]>, inputs: usize) -> Linear {
        Linear { weight: weight.to_vec(), bias: bias.map(<[f32]>::to_vec), inputs }
    }

    #[test]
    fn a_position_has_one_value_for_each_row() {
        let head = ReadingHead::new(vec![linear(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], None, 2)]);
        assert_eq!((head.width(), head.inputs()), (3, 2));
        assert_eq!(head.apply(&[1.0, 10.0, 0.0, 1.0]), [[21.0, 43.0, 65.0], [2.0, 4.0, 6.0]]);
    }

    #[test]
    fn between_two_layers_what_is_negative_becomes_zero() {
        let inner = linear(&[1.0, -1.0], Some(&[0.5, 0.5]), 1);
        let outer = linear(&[1.0, 1.0, -1.0, 0.0], Some(&[0.0, -7.0]), 2);
        let head = ReadingHead::new(vec![inner, outer]);
        // 2 -> (2.5, -1.5) -> (2.5, 0); the last layer's negative values stay.
        assert_eq!(head.apply(&[2.0]), [[2.5, -9.5]]);
    }

    #[test]
    fn a_sum_of_many_products_is_that_of_exact_arithmetic() {
        // Halves and small whole numbers: every product and sum is exact.
        let left: Vec<f32> = (0..1003).map(|place| (place % 17) as f32 * 0.5 - 4.0).collect();
        let right: Vec<f32> = (0..1003).map(|place| (place % 23) as f32 - 11.0).collect();
        let exact: f64 = left.iter().zip(&right).map(|(left, right)| f64::from(left * right)).sum();
        assert_eq!(dot(&left, &right), exact);
    }

    #[test]
    fn a_value_depends_on_its_own_hidden_state_only() {
        let weight: Vec<f32> = (0..50).map(|place| (place as f32).sin()).collect();
        let head = ReadingHead::new(vec![linear(&weight, None, 25)]);
        let hidden: Vec<f32> = (0..25 * 9).map(|place| (place as f32).cos()).collect();
        let together = head.apply(&hidden);
        let alone: Vec<Vec<f32>> = hidden.chunks(25).flat_map(|state| head.apply(state)).collect();
        assert_eq!(together, alone);
    }
}
