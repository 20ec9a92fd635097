//! Rotary position embedding.

use rayon::prelude::*;

use crate::error::{KernelError, check_length, whole_rows};

/// The angles by which the heads of some rows are rotated: both slices are `[rows, frequencies]`.
#[derive(Debug, Clone, Copy)]
pub struct RowAngles<'a> {
    /// Number of frequencies, one for each pair of numbers of a head.
    pub frequencies: usize,
    /// Cosines of position times frequency. The frequencies are the caller's, with all scaling that a model asks for.
    pub cosines: &'a [f32],
    /// Sines of the same angles.
    pub sines: &'a [f32],
}

/// Rotates all heads of `x`, `[rows, heads * head_dim]`, in place, each row by its angles.
///
/// The layout is Hugging Face's: number `i` of a head is paired with number `i + n`, where `n` is the number of frequencies.
/// A head's numbers from `2 n` on stay as they are (partial rotation).
///
/// # Errors
/// If the lengths do not fit, or a head is shorter than its rotated part.
pub fn rotate(x: &mut [f32], head_dim: usize, angles: &RowAngles<'_>) -> Result<(), KernelError> {
    let half = angles.frequencies;
    let rows = whole_rows("the cosines of a rotation", half, angles.cosines.len())?;
    check_length("the sines of a rotation", angles.cosines.len(), angles.sines.len())?;
    if head_dim < 2 * half {
        let (other, rule) = ("rotary frequencies", "a head holds two numbers for each frequency");
        return Err(KernelError::Mismatch { what: "head_dim", found: head_dim, other, size: half, rule });
    }
    let heads = whole_rows("x of a rotation", head_dim, x.len())?;
    if rows == 0 {
        return check_length("x of a rotation", 0, x.len());
    }
    if !heads.is_multiple_of(rows) {
        let rule = "each row holds the same number of heads";
        let (what, other) = ("the number of heads in x of a rotation", "rows of angles");
        return Err(KernelError::Mismatch { what, found: heads, other, size: rows, rule });
    }
    let width = x.len() / rows;
    if width == 0 {
        return Ok(());
    }
    let angles = angles.cosines.par_chunks(half).zip(angles.sines.par_chunks(half));
    x.par_chunks_mut(width).zip(angles).with_min_len(32).for_each(|(row, (cosines, sines))| {
        for head in row.chunks_mut(head_dim) {
            let (first, rest) = head.split_at_mut(half);
            for (((a, b), cosine), sine) in first.iter_mut().zip(rest).zip(cosines).zip(sines) {
                (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
            }
        }
    });
    Ok(())
}
