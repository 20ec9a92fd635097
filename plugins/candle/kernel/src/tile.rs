//! The one loop that everything else stands on: some rows of `x` times some panels of weights.
//!
//! ```text
//!             panel: 16 columns of the product, inputs one below the other
//!              ┌────────────────┐
//!              │ w[0][0 .. 16]  │
//!              │ w[1][0 .. 16]  │
//!   x          │ ...            │
//! ┌─────────┐  ├────────────────┤
//! │ row r   │──│ out[r][0 .. 16]│   out[r][c] += x[r][i] * w[i][c], i = 0, 1, 2, ...
//! └─────────┘  └────────────────┘
//! ```
//! Each number of `out` is one chain of multiply-adds over its own row's inputs in their order. Tiles of any height and
//! width, a cut of the inputs into blocks, and any share of rows or panels between threads give the same chain, and so
//! the same bits.

use crate::arithmetic::{Arithmetic, Lanes};

/// Some rows of numbers, `stride` apart in one slice; of each row, `width` numbers are meant.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    data: &'a [f32],
    stride: usize,
    count: usize,
    width: usize,
}

impl<'a> Rows<'a> {
    /// `count` rows; the first begins with the slice.
    pub(crate) fn new(data: &'a [f32], stride: usize, count: usize, width: usize) -> Self {
        Self { data, stride, count, width }
    }

    /// Number of rows.
    #[inline(always)]
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The same rows, but only `width` numbers of each from `first` on.
    #[inline(always)]
    pub(crate) fn columns(self, first: usize, width: usize) -> Self {
        Self { data: self.data.get(first..).unwrap_or_default(), width, ..self }
    }

    /// `count` of the rows from `first` on.
    #[inline(always)]
    pub(crate) fn rows(self, first: usize, count: usize) -> Self {
        Self { data: self.data.get(first * self.stride..).unwrap_or_default(), count, ..self }
    }

    /// One of them.
    #[inline(always)]
    pub(crate) fn row(&self, index: usize) -> &'a [f32] {
        &self.data[index * self.stride..index * self.stride + self.width]
    }
}

/// Some panels of weights, `stride` rows of lanes apart in one slice; of each, `inputs` rows are meant.
#[derive(Clone, Copy)]
pub(crate) struct Panels<'a> {
    data: &'a [Lanes],
    stride: usize,
    count: usize,
    inputs: usize,
}

impl<'a> Panels<'a> {
    /// `count` panels; the first begins with the slice.
    pub(crate) fn new(data: &'a [Lanes], stride: usize, count: usize, inputs: usize) -> Self {
        Self { data, stride, count, inputs }
    }

    #[inline(always)]
    fn panel(&self, index: usize) -> &'a [Lanes] {
        &self.data[index * self.stride..index * self.stride + self.inputs]
    }
}

/// Where sums are gathered: for each panel its rows, `stride` apart in one slice.
pub(crate) struct Tiles<'a> {
    data: &'a mut [Lanes],
    stride: usize,
}

impl<'a> Tiles<'a> {
    /// The first row of the first panel begins with the slice; the next panel's first row is `stride` further.
    pub(crate) fn new(data: &'a mut [Lanes], stride: usize) -> Self {
        Self { data, stride }
    }
}

/// Adds the product of all rows and all panels to `out`, by tiles of up to `ROWS` rows and `PANELS` panels.
#[inline(always)]
pub(crate) fn tiles<A: Arithmetic, const ROWS: usize, const PANELS: usize>(
    x: Rows<'_>,
    weights: Panels<'_>,
    mut out: Tiles<'_>,
) {
    // Few rows: two panels at once, or each multiply-add would wait for the one before it.
    let mut panel = 0;
    if x.count <= 2 || PANELS > 1 {
        while weights.count - panel >= 2 {
            row_tiles::<A, ROWS, 2>(x, weights, panel, &mut out);
            panel += 2;
        }
    }
    while panel < weights.count {
        row_tiles::<A, ROWS, 1>(x, weights, panel, &mut out);
        panel += 1;
    }
}

#[inline(always)]
fn row_tiles<A: Arithmetic, const ROWS: usize, const PANELS: usize>(
    x: Rows<'_>,
    weights: Panels<'_>,
    panel: usize,
    out: &mut Tiles<'_>,
) {
    let mut row = 0;
    while x.count - row >= ROWS {
        tile::<A, ROWS, PANELS>(x, row, weights, panel, out);
        row += ROWS;
    }
    if ROWS > 6 && x.count - row >= 6 {
        tile::<A, 6, PANELS>(x, row, weights, panel, out);
        row += 6;
    }
    match x.count - row {
        1 => tile::<A, 1, PANELS>(x, row, weights, panel, out),
        2 => tile::<A, 2, PANELS>(x, row, weights, panel, out),
        3 => tile::<A, 3, PANELS>(x, row, weights, panel, out),
        4 => tile::<A, 4, PANELS>(x, row, weights, panel, out),
        5 => tile::<A, 5, PANELS>(x, row, weights, panel, out),
        _ => {}
    }
}

/// One tile. The compiler keeps `sums` in registers, as both sizes are known to it.
#[allow(clippy::needless_range_loop)] // loops over indices are unrolled in full; iterators over arrays are not always
#[inline(always)]
fn tile<A: Arithmetic, const ROWS: usize, const PANELS: usize>(
    x: Rows<'_>,
    first: usize,
    weights: Panels<'_>,
    panel: usize,
    out: &mut Tiles<'_>,
) {
    let inputs = weights.inputs;
    let mut rows: [&[f32]; ROWS] = [&[]; ROWS];
    for (row, place) in rows.iter_mut().enumerate() {
        *place = &x.row(first + row)[..inputs];
    }
    let mut panels: [&[Lanes]; PANELS] = [&[]; PANELS];
    let mut sums = [[A::load(&Lanes::ZERO); ROWS]; PANELS];
    for index in 0..PANELS {
        panels[index] = &weights.panel(panel + index)[..inputs];
        for row in 0..ROWS {
            sums[index][row] = A::load(&out.data[(panel + index) * out.stride + first + row]);
        }
    }
    for input in 0..inputs {
        let mut weights = [A::load(&Lanes::ZERO); PANELS];
        for index in 0..PANELS {
            weights[index] = A::load(&panels[index][input]);
        }
        for row in 0..ROWS {
            let factor = rows[row][input];
            for index in 0..PANELS {
                sums[index][row] = A::add_product(factor, weights[index], sums[index][row]);
            }
        }
    }
    for index in 0..PANELS {
        for row in 0..ROWS {
            A::store(sums[index][row], &mut out.data[(panel + index) * out.stride + first + row]);
        }
    }
}
