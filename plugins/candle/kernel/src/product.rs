//! Products of two matrices of which neither is a weight: what the backward pass of attention is made of.

use gemm::Parallelism;

/// Some numbers of a slice as a matrix: element `(i, j)` is number `first + i * row + j * column`.
#[derive(Clone, Copy)]
pub(crate) struct View {
    /// Where the first element is.
    pub(crate) first: usize,
    /// Rows and columns.
    pub(crate) size: [usize; 2],
    /// How far the next row is.
    pub(crate) row: usize,
    /// How far the next column is.
    pub(crate) column: usize,
}

impl View {
    /// Rows of numbers that lie side by side, `stride` apart.
    pub(crate) fn rows(first: usize, size: [usize; 2], stride: usize) -> Self {
        Self { first, size, row: stride, column: 1 }
    }

    /// Rows and columns exchanged.
    pub(crate) fn transposed(self) -> Self {
        Self { size: [self.size[1], self.size[0]], row: self.column, column: self.row, ..self }
    }

    /// The least length of a slice that holds all elements.
    fn end(&self) -> usize {
        match self.size {
            [0, _] | [_, 0] => 0,
            [rows, columns] => self.first + (rows - 1) * self.row + (columns - 1) * self.column + 1,
        }
    }
}

/// `out = keep * out + scale * a b`, where `keep` is 0 or 1. On one thread: the callers share work out themselves.
///
/// # Panics
/// If the sizes do not fit or a view leaves its slice: a bug of this crate.
#[allow(unsafe_code)]
pub(crate) fn multiply(
    (a, a_view): (&[f32], View),
    (b, b_view): (&[f32], View),
    scale: f32,
    (out, view): (&mut [f32], View),
    keep: bool,
) {
    let ([rows, inner], [inner_b, columns]) = (a_view.size, b_view.size);
    assert_eq!((inner, [rows, columns]), (inner_b, view.size), "sizes of a product");
    assert!(a_view.end() <= a.len() && b_view.end() <= b.len() && view.end() <= out.len(), "a view leaves its slice");
    assert!(view.row >= columns * view.column, "rows of a result overlap");
    if rows == 0 || columns == 0 {
        return;
    }
    // SAFETY: all elements of the three views lie in their slices, as just checked; `out` is borrowed mutably and its
    // elements do not overlap, so nothing else reads or writes them.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            out.as_mut_ptr().add(view.first),
            view.column as isize,
            view.row as isize,
            keep,
            a.as_ptr().add(a_view.first.min(a.len())),
            a_view.column as isize,
            a_view.row as isize,
            b.as_ptr().add(b_view.first.min(b.len())),
            b_view.column as isize,
            b_view.row as isize,
            1.0,
            scale,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_matrices_are_multiplied_in_place() {
        // a = [[1, 2], [3, 4]] inside rows of three, b the transpose of [[5, 6], [7, 8]].
        let (a, b) = ([9.0, 1.0, 2.0, 9.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]);
        let (a, b) = ((a.as_slice(), View::rows(1, [2, 2], 3)), (b.as_slice(), View::rows(0, [2, 2], 2).transposed()));
        let mut out = [1.0; 6];
        multiply(a, b, 2.0, (&mut out, View::rows(0, [2, 2], 3)), true);
        assert_eq!(out, [35.0, 47.0, 1.0, 79.0, 107.0, 1.0]);
        multiply(a, b, 1.0, (&mut out, View::rows(0, [2, 2], 3)), false);
        assert_eq!(out, [17.0, 23.0, 1.0, 39.0, 53.0, 1.0]);
    }
}
