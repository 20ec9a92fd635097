//! Dropout before an adapter's low-rank part.
//!
//! Which numbers are dropped is a function of the seed, the step, the row's place in it and the layer alone: a pass that is
//! computed again drops the same, however rows are packed into batches and whether or not training was interrupted.

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use crate::Result;
use crate::split_mix::{STRIDE, mixed};

/// The dropout of one pass.
#[derive(Debug, Clone)]
pub(super) struct Dropout {
    /// What share of the numbers is dropped, below 1.
    pub probability: f64,
    /// For each row of the pass a number that no other row of the training has.
    pub rows: Vec<u64>,
}

impl Dropout {
    /// What the input of the layer `site`, [rows, width], is to be multiplied with: 0 or 1 / (1 - probability).
    pub fn mask(&self, site: u64, width: usize, device: &Device) -> Result<Tensor> {
        let scale = (1.0 / (1.0 - self.probability)) as f32;
        // Sixteen bits decide on a number, four numbers to a draw.
        let dropped = (self.probability * 65536.0).round() as u64;
        let mut mask = vec![0.0_f32; self.rows.len() * width];
        mask.par_chunks_mut(width).zip(&self.rows).with_min_len(16).for_each(|(mask, row)| {
            let mut state = mixed(row ^ mixed(site));
            for numbers in mask.chunks_mut(4) {
                state = state.wrapping_add(STRIDE);
                let bits = mixed(state);
                for (place, number) in numbers.iter_mut().enumerate() {
                    if (bits >> (16 * place)) & 0xFFFF >= dropped {
                        *number = scale;
                    }
                }
            }
        });
        Ok(Tensor::from_vec(mask, (self.rows.len(), width), &Device::Cpu)?.to_device(device)?)
    }
}

/// A number that tells a row: of which seed and step, of which example in it, at which position.
pub(super) fn row_number(seed: u64, step: usize, example: usize, position: usize) -> u64 {
    let step = mixed(seed).wrapping_add(step as u64);
    let example = mixed(step).wrapping_add(example as u64);
    mixed(mixed(example).wrapping_add(position as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(rows: &[u64], site: u64) -> Vec<Vec<f32>> {
        let dropout = Dropout { probability: 0.1, rows: rows.to_vec() };
        dropout.mask(site, 1003, &Device::Cpu).unwrap().to_vec2().unwrap()
    }

    #[test]
    fn the_asked_share_is_dropped_and_the_rest_makes_up_for_it() {
        let rows: Vec<u64> = (0..100).map(|position| row_number(42, 3, 1, position)).collect();
        let mask: Vec<f32> = mask(&rows, 5).concat();
        let dropped = mask.iter().filter(|&&factor| factor == 0.0).count() as f64 / mask.len() as f64;
        // Three standard deviations of a hundred thousand draws.
        assert!((dropped - 0.1).abs() < 0.003, "{dropped}");
        assert!(mask.iter().all(|&factor| factor == 0.0 || (factor - 1.0 / 0.9).abs() < 1e-6));
    }

    #[test]
    fn a_row_is_dropped_from_alike_in_every_batch_and_unlike_in_every_layer() {
        let [first, second] = [row_number(42, 0, 0, 0), row_number(42, 0, 0, 1)];
        assert_eq!(mask(&[first, second], 1)[1], mask(&[second], 1)[0]);
        assert_ne!(mask(&[first], 1), mask(&[second], 1));
        assert_ne!(mask(&[first], 1), mask(&[first], 2));
    }
}
