//! The gated MLP of Llama-like decoders.

use std::sync::Arc;

use crate::arithmetic::{Arithmetic, LANES, Lanes, silu};
use crate::error::{KernelError, check_length, whole_rows};
use crate::grid::{Cell, Cells};
use crate::instructions::{InstructionSet, Kernel};
use crate::linear::{cell_rows, linear_add, panels_together};
use crate::packed::PackedMatrix;

/// Rows that go through the whole MLP together: their wide intermediate values stay in the last-level cache.
const ROWS: usize = 192;

/// The weights of a gated MLP: `y += (silu(x G^T) * (x U^T)) D^T`.
#[derive(Debug, Clone)]
pub struct GatedMlp {
    gate: Arc<PackedMatrix>,
    up: Arc<PackedMatrix>,
    down: Arc<PackedMatrix>,
}

impl GatedMlp {
    /// Puts three matrices together, which may be in use elsewhere, too: `gate` and `up` are `[wide, inputs]`, `down` is `[outputs, wide]`.
    ///
    /// # Errors
    /// If their sizes do not fit.
    pub fn new(gate: Arc<PackedMatrix>, up: Arc<PackedMatrix>, down: Arc<PackedMatrix>) -> Result<Self, KernelError> {
        let rule = "the gate's outputs, the up projection's outputs and the down projection's inputs are one width";
        for (what, found) in [("outputs of `up`", up.outputs()), ("inputs of `down`", down.inputs())] {
            if found != gate.outputs() {
                let (other, size) = ("outputs of `gate`", gate.outputs());
                return Err(KernelError::Mismatch { what, found, other, size, rule });
            }
        }
        if up.inputs() != gate.inputs() {
            let (what, found, other, size) = ("inputs of `up`", up.inputs(), "inputs of `gate`", gate.inputs());
            return Err(KernelError::Mismatch { what, found, other, size, rule: "both read the same rows" });
        }
        Ok(Self { gate, up, down })
    }

    /// Memory that the weights take, in bytes.
    pub fn bytes(&self) -> usize {
        self.gate.bytes() + self.up.bytes() + self.down.bytes()
    }

    /// Adds the MLP of `x`, `[rows, inputs]`, to the residual `y`, `[rows, outputs]`.
    ///
    /// # Errors
    /// If the lengths do not fit.
    pub fn add_to(&self, x: &[f32], y: &mut [f32]) -> Result<(), KernelError> {
        let rows = whole_rows("x of a gated MLP", self.gate.inputs(), x.len())?;
        check_length("y of a gated MLP", rows * self.down.outputs(), y.len())?;
        let mut wide = vec![0.0; rows.min(ROWS) * self.gate.outputs()];
        let chunks = x.chunks(ROWS * self.gate.inputs()).zip(y.chunks_mut(ROWS * self.down.outputs()));
        for (x, y) in chunks {
            let wide = &mut wide[..x.len() / self.gate.inputs() * self.gate.outputs()];
            gated_on(InstructionSet::best(), x, &self.gate, &self.up, wide);
            linear_add(wide, &self.down, y)?;
        }
        Ok(())
    }
}

/// `y = silu(x G^T) * (x U^T)`; the sizes have been checked.
pub(crate) fn gated_on(set: InstructionSet, x: &[f32], gate: &PackedMatrix, up: &PackedMatrix, y: &mut [f32]) {
    Cells::of(y, gate.outputs(), 2 * gate.inputs()).for_each(|cell| set.run(Gated { x, gate, up, cell }));
}

struct Gated<'a, 'b> {
    x: &'a [f32],
    gate: &'a PackedMatrix,
    up: &'a PackedMatrix,
    cell: Cell<'b>,
}

impl Kernel for Gated<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(mut self) {
        let rows = cell_rows(self.x, self.gate, &self.cell);
        let together = panels_together(rows.count());
        let mut gates = vec![Lanes::ZERO; together * rows.count()];
        let mut ups = gates.clone();
        let mut widened = Vec::new();
        let panels = self.cell.panels();
        for first in (0..panels).step_by(together) {
            let count = together.min(panels - first);
            // A loop, so that the code of all products is there once.
            for (matrix, sums) in [(self.gate, &mut gates), (self.up, &mut ups)] {
                matrix.multiply::<A>(rows, self.cell.panel + first, count, sums, &mut widened);
            }
            let pairs = gates.chunks(rows.count()).zip(ups.chunks(rows.count()));
            for (panel, (gates, ups)) in pairs.take(count).enumerate() {
                for ((gates, ups), row) in gates.iter().zip(ups).zip(&mut self.cell.rows) {
                    let mut products = Lanes::ZERO;
                    for lane in 0..LANES {
                        products[lane] = silu::<A>(gates[lane]) * ups[lane];
                    }
                    let row = &mut row[(first + panel) * LANES..];
                    let width = row.len().min(LANES);
                    row[..width].copy_from_slice(&products[..width]);
                }
            }
        }
    }
}
