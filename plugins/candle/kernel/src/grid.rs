//! How the output of a product is shared out between threads.

use rayon::prelude::*;

use crate::arithmetic::LANES;

/// What a task reads of `x` should stay in the second-level cache beside a block of a panel.
const ROWS_BYTES: usize = 256 * 1024;
/// Rows of a task are a multiple of the height of the tiles (6 or 12).
const ROWS_STEP: usize = 12;
/// Below so many multiply-adds a task is too small to be worth another thread.
const SMALL: usize = 50_000;

/// A rectangle of the output: the work of one task.
pub(crate) struct Cell<'a> {
    /// Its first row.
    pub(crate) row: usize,
    /// Its first panel of 16 columns.
    pub(crate) panel: usize,
    /// Its part of each of its rows.
    pub(crate) rows: Vec<&'a mut [f32]>,
}

impl Cell<'_> {
    /// Number of panels.
    #[inline(always)]
    pub(crate) fn panels(&self) -> usize {
        self.rows.first().map_or(0, |row| row.len().div_ceil(LANES))
    }
}

/// The cells of some outputs.
pub(crate) struct Cells<'a> {
    cells: Vec<Cell<'a>>,
    /// Whether they are worth more than one thread.
    worth_sharing: bool,
}

impl<'a> Cells<'a> {
    /// Cuts `out`, rows of `width` numbers that are each computed from `inputs` numbers, in rows and in columns, never within
    /// the inputs, so that a few rows keep all threads busy, too. A thread's cells share their columns first: the weights of
    /// these stay in its cache.
    pub(crate) fn of(out: &'a mut [f32], width: usize, inputs: usize) -> Self {
        let rows = out.len() / width;
        if rows == 0 {
            return Self { cells: Vec::new(), worth_sharing: false };
        }
        let highest = (ROWS_BYTES / (4 * inputs)).next_multiple_of(ROWS_STEP).clamp(2 * ROWS_STEP, 16 * ROWS_STEP);
        let rows_per_cell = rows.div_ceil(rows.div_ceil(highest)).next_multiple_of(ROWS_STEP);
        let row_cells = rows.div_ceil(rows_per_cell);

        let panels = width.div_ceil(LANES);
        let small = (rows * width * inputs / SMALL).max(1);
        let wanted = (4 * rayon::current_num_threads()).min(small);
        let column_cells = wanted.div_ceil(row_cells).clamp(1, panels);
        let columns_per_cell = panels.div_ceil(column_cells) * LANES;
        let column_cells = width.div_ceil(columns_per_cell);

        let mut cells: Vec<Cell<'_>> = Vec::with_capacity(row_cells * column_cells);
        for column in 0..column_cells {
            for row in 0..row_cells {
                let (row, panel) = (row * rows_per_cell, column * columns_per_cell / LANES);
                cells.push(Cell { row, panel, rows: Vec::with_capacity(rows_per_cell.min(rows - row)) });
            }
        }
        for (index, row) in out.chunks_mut(width).enumerate() {
            for (column, part) in row.chunks_mut(columns_per_cell).enumerate() {
                cells[column * row_cells + index / rows_per_cell].rows.push(part);
            }
        }
        Self { cells, worth_sharing: small > 1 }
    }

    /// Runs `work` for every cell.
    pub(crate) fn for_each(self, work: impl Fn(Cell<'a>) + Send + Sync) {
        match self.worth_sharing {
            true => self.cells.into_par_iter().for_each(work),
            false => self.cells.into_iter().for_each(work),
        }
    }
}

/// Runs `work` for every cell of several outputs, as [`Cells::for_each`] does for one: threads are woken once for all of them.
/// It is told whose cell it is.
pub(crate) fn for_each_of<'a>(outputs: Vec<Cells<'a>>, work: impl Fn(usize, Cell<'a>) + Send + Sync) {
    let shared = outputs.len() > 1 || outputs.iter().any(|cells| cells.worth_sharing);
    let cells = outputs
        .into_iter()
        .enumerate()
        .flat_map(|(index, cells)| cells.cells.into_iter().map(move |cell| (index, cell)));
    let cells: Vec<(usize, Cell<'a>)> = cells.collect();
    match shared {
        true => cells.into_par_iter().for_each(|(index, cell)| work(index, cell)),
        false => cells.into_iter().for_each(|(index, cell)| work(index, cell)),
    }
}
