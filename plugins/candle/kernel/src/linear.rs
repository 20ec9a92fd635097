//! Linear layers.

use crate::arithmetic::{Arithmetic, LANES, Lanes};
use crate::error::{KernelError, check_length, whole_rows};
use crate::grid::{Cell, Cells, for_each_of};
use crate::instructions::{InstructionSet, Kernel};
use crate::narrow;
use crate::packed::PackedMatrix;
use crate::tile::Rows;

/// Panels that are worked on together, for so many rows.
#[inline(always)]
pub(crate) fn panels_together(rows: usize) -> usize {
    if rows <= narrow::FEW { narrow::PANELS } else { 2 }
}

/// A linear layer: `y = x W^T + bias`, row by row.
///
/// `x` is `[rows, inputs]`, `y` `[rows, outputs]` and `bias`, where there is one, `[outputs]`. What `y` held is
/// overwritten.
///
/// # Errors
/// If the lengths do not fit.
pub fn linear(x: &[f32], weights: &PackedMatrix, bias: Option<&[f32]>, y: &mut [f32]) -> Result<(), KernelError> {
    linear_on(InstructionSet::best(), x, weights, Onto::Nothing(bias), y)
}

/// A linear layer whose result is added to what `y` holds: `y += x W^T`, row by row, for residual connections and
/// adapters. The product is summed up first and then added.
///
/// `x` is `[rows, inputs]`, `y` `[rows, outputs]`.
///
/// # Errors
/// If the lengths do not fit.
pub fn linear_add(x: &[f32], weights: &PackedMatrix, y: &mut [f32]) -> Result<(), KernelError> {
    linear_on(InstructionSet::best(), x, weights, Onto::Itself, y)
}

/// What a product is added to.
#[derive(Clone, Copy)]
pub(crate) enum Onto<'a> {
    /// The bias, if there is one.
    Nothing(Option<&'a [f32]>),
    /// What the output holds.
    Itself,
}

/// Both kinds of linear layer with the instructions of `set`.
pub(crate) fn linear_on(
    set: InstructionSet,
    x: &[f32],
    weights: &PackedMatrix,
    onto: Onto<'_>,
    y: &mut [f32],
) -> Result<(), KernelError> {
    check(x, weights, onto, y)?;
    Cells::of(y, weights.outputs(), weights.inputs()).for_each(|cell| set.run(Product { x, weights, onto, cell }));
    Ok(())
}

/// One of several linear layers of the same rows.
#[derive(Debug)]
pub struct Projection<'a> {
    /// Its weights.
    pub weights: &'a PackedMatrix,
    /// `[outputs]`, where there is one.
    pub bias: Option<&'a [f32]>,
    /// Where its rows go, `[rows, outputs]`.
    pub y: &'a mut [f32],
}

/// Several linear layers of the same `x`, as queries, keys and values are: each as [`linear`] computes it, and together
/// faster where there are few rows.
///
/// # Errors
/// If the lengths do not fit.
pub fn project(x: &[f32], projections: &mut [Projection<'_>]) -> Result<(), KernelError> {
    let mut outputs = Vec::with_capacity(projections.len());
    let mut layers = Vec::with_capacity(projections.len());
    for projection in projections {
        let Projection { weights, bias, y } = projection;
        let onto = Onto::Nothing(*bias);
        check(x, weights, onto, y)?;
        layers.push((*weights, onto));
        outputs.push(Cells::of(y, weights.outputs(), weights.inputs()));
    }
    let set = InstructionSet::best();
    for_each_of(outputs, |index, cell| {
        let (weights, onto) = layers[index];
        set.run(Product { x, weights, onto, cell });
    });
    Ok(())
}

fn check(x: &[f32], weights: &PackedMatrix, onto: Onto<'_>, y: &[f32]) -> Result<(), KernelError> {
    let rows = whole_rows("x of a linear layer", weights.inputs(), x.len())?;
    check_length("y of a linear layer", rows * weights.outputs(), y.len())?;
    match onto {
        Onto::Nothing(Some(bias)) => check_length("the bias of a linear layer", weights.outputs(), bias.len()),
        _ => Ok(()),
    }
}

struct Product<'a, 'b> {
    x: &'a [f32],
    weights: &'a PackedMatrix,
    onto: Onto<'a>,
    cell: Cell<'b>,
}

impl Kernel for Product<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(mut self) {
        let rows = cell_rows(self.x, self.weights, &self.cell);
        let together = panels_together(rows.count());
        let mut sums = vec![Lanes::ZERO; together * rows.count()];
        let mut widened = Vec::new();
        let panels = self.cell.panels();
        for first in (0..panels).step_by(together) {
            let count = together.min(panels - first);
            self.weights.multiply::<A>(rows, self.cell.panel + first, count, &mut sums, &mut widened);
            for (panel, sums) in sums.chunks(rows.count()).take(count).enumerate() {
                let column = (first + panel) * LANES;
                let bias = match self.onto {
                    Onto::Nothing(bias) => bias.map(|bias| &bias[self.cell.panel * LANES + column..]),
                    Onto::Itself => None,
                };
                for (sums, row) in sums.iter().zip(&mut self.cell.rows) {
                    let row = &mut row[column..];
                    let width = row.len().min(LANES);
                    let (row, sums) = (&mut row[..width], &sums[..width]);
                    match (self.onto, bias) {
                        (Onto::Itself, _) => {
                            for (y, sum) in row.iter_mut().zip(sums) {
                                *y += sum;
                            }
                        }
                        (_, None) => row.copy_from_slice(sums),
                        (_, Some(bias)) => {
                            for ((y, sum), bias) in row.iter_mut().zip(sums).zip(bias) {
                                *y = sum + bias;
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The rows of `x` that a cell is computed from.
#[inline(always)]
pub(crate) fn cell_rows<'a>(x: &'a [f32], weights: &PackedMatrix, cell: &Cell<'_>) -> Rows<'a> {
    let inputs = weights.inputs();
    Rows::new(&x[cell.row * inputs..], inputs, cell.rows.len(), inputs)
}
