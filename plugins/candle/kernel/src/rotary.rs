//! Rotary position embedding.

use rayon::prelude::*;

use crate::error::{KernelError, check_length, whole_rows};

/// The angles by which heads are rotated, for the positions 0, 1, 2, ...
#[derive(Debug, Clone)]
pub struct RotaryTable {
    half: usize,
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

impl RotaryTable {
    /// A table for `positions` positions: position `p` is rotated by `p * frequencies[i]`.
    ///
    /// The frequencies (one for each pair of numbers of a head) are the caller's, with all scaling that a model's
    /// configuration asks for. Angles, cosines and sines are computed in f64 and rounded once.
    ///
    /// # Errors
    /// If there is no frequency.
    pub fn new(frequencies: &[f64], positions: usize) -> Result<Self, KernelError> {
        if frequencies.is_empty() {
            return Err(KernelError::Zero { what: "the number of rotary frequencies" });
        }
        let mut table = Self { half: frequencies.len(), cosines: Vec::new(), sines: Vec::new() };
        table.cosines.reserve_exact(positions * table.half);
        table.sines.reserve_exact(positions * table.half);
        for position in 0..positions {
            for frequency in frequencies {
                let (sine, cosine) = (position as f64 * frequency).sin_cos();
                table.cosines.push(cosine as f32);
                table.sines.push(sine as f32);
            }
        }
        Ok(table)
    }

    /// Number of positions.
    pub fn positions(&self) -> usize {
        self.cosines.len() / self.half
    }

    /// Rotates all heads of `x`, `[rows, heads * head_dim]`, in place; row `r` stands at `positions[r]`.
    ///
    /// The layout is Hugging Face's: number `i` of a head is paired with number `i + n`, where `n` is the number of
    /// frequencies. A head's numbers from `2 n` on stay as they are (partial rotation).
    ///
    /// # Errors
    /// If the lengths do not fit, a head is shorter than its rotated part, or a position lies beyond the table.
    pub fn rotate(&self, x: &mut [f32], head_dim: usize, positions: &[usize]) -> Result<(), KernelError> {
        if head_dim < 2 * self.half {
            let (other, size) = ("rotary frequencies", self.half);
            let rule = "a head holds two numbers for each frequency";
            return Err(KernelError::Mismatch { what: "head_dim", found: head_dim, other, size, rule });
        }
        let heads = whole_rows("x of a rotation", head_dim, x.len())?;
        if positions.is_empty() {
            return check_length("x of a rotation", 0, x.len());
        }
        if !heads.is_multiple_of(positions.len()) {
            let rule = "each row holds the same number of heads";
            let (what, other) = ("the number of heads in x of a rotation", "positions");
            return Err(KernelError::Mismatch { what, found: heads, other, size: positions.len(), rule });
        }
        if let Some(position) = positions.iter().copied().find(|position| *position >= self.positions()) {
            return Err(KernelError::Position { position, positions: self.positions() });
        }
        let width = x.len() / positions.len();
        if width == 0 {
            return Ok(());
        }
        x.par_chunks_mut(width).with_min_len(32).zip(positions).for_each(|(row, position)| {
            let angles = position * self.half..(position + 1) * self.half;
            let (cosines, sines) = (&self.cosines[angles.clone()], &self.sines[angles]);
            for head in row.chunks_mut(head_dim) {
                let (first, rest) = head.split_at_mut(self.half);
                for (((a, b), cosine), sine) in first.iter_mut().zip(rest).zip(cosines).zip(sines) {
                    (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
                }
            }
        });
        Ok(())
    }
}
