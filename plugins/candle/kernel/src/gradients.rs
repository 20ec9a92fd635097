//! Backward passes of what [`elementwise`](crate::rms_norm) does forward: how a loss moves with the inputs, given how it
//! moves with the outputs. For training with frozen weights, so no gradient of a weight is among them.

use rayon::prelude::*;

use crate::arithmetic::{Arithmetic, LANES, exp, sum_lanes};
use crate::error::{KernelError, check_length, whole_rows};
use crate::instructions::{InstructionSet, Kernel};

/// Numbers that one task works on: enough to be worth a thread.
const TASK: usize = 32 * 1024;

/// Adds the gradient of a norm's input to `dx`, given `dy`, that of its output; the rest is as in [`rms_norm`](crate::rms_norm).
///
/// With `s = 1 / sqrt(mean(x^2) + epsilon)` and `g = dy * weight`, a row's gradient is `s * (g - x * s^2 * mean(g * x))`.
///
/// # Errors
/// If the lengths do not fit.
pub fn rms_norm_backward(
    x: &[f32],
    weight: &[f32],
    epsilon: f32,
    dy: &[f32],
    dx: &mut [f32],
) -> Result<(), KernelError> {
    let width = weight.len();
    whole_rows("x of a norm", width, x.len())?;
    check_length("the gradient of a norm's output", x.len(), dy.len())?;
    check_length("the gradient of a norm's input", x.len(), dx.len())?;
    let size = TASK.next_multiple_of(width);
    let inputs = x.par_chunks(size).zip(dy.par_chunks(size));
    dx.par_chunks_mut(size).zip(inputs).for_each(|(dx, (x, dy))| {
        InstructionSet::best().run(NormBackward { x, weight, epsilon, dy, dx });
    });
    Ok(())
}

struct NormBackward<'a> {
    x: &'a [f32],
    weight: &'a [f32],
    epsilon: f32,
    dy: &'a [f32],
    dx: &'a mut [f32],
}

impl Kernel for NormBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let width = self.weight.len();
        let rows = self.x.chunks(width).zip(self.dy.chunks(width));
        for ((x, dy), dx) in rows.zip(self.dx.chunks_mut(width)) {
            let (mut squares, mut products) = ([0.0; LANES], [0.0; LANES]);
            let whole = width - width % LANES;
            for first in (0..whole).step_by(LANES) {
                for lane in 0..LANES {
                    let at = first + lane;
                    squares[lane] = A::multiply_add(x[at], x[at], squares[lane]);
                    products[lane] = A::multiply_add(dy[at] * self.weight[at], x[at], products[lane]);
                }
            }
            for at in whole..width {
                squares[at - whole] = A::multiply_add(x[at], x[at], squares[at - whole]);
                products[at - whole] = A::multiply_add(dy[at] * self.weight[at], x[at], products[at - whole]);
            }
            let scale = 1.0 / (sum_lanes(&squares) / width as f32 + self.epsilon).sqrt();
            let pull = scale * scale * scale * sum_lanes(&products) / width as f32;
            for at in 0..width {
                dx[at] += scale * dy[at] * self.weight[at] - pull * x[at];
            }
        }
    }
}

/// The backward pass of `silu(gate) * up`, number by number, in place: `gate` and `up` become their own gradients, given
/// `gradient`, that of the product.
///
/// # Errors
/// If the lengths differ.
pub fn silu_gate_backward(gate: &mut [f32], up: &mut [f32], gradient: &[f32]) -> Result<(), KernelError> {
    check_length("`up` of a gate", gate.len(), up.len())?;
    check_length("the gradient of a gate's product", gate.len(), gradient.len())?;
    let both = gate.par_chunks_mut(TASK).zip(up.par_chunks_mut(TASK));
    both.zip(gradient.par_chunks(TASK)).for_each(|((gate, up), gradient)| {
        InstructionSet::best().run(GateBackward { gate, up, gradient });
    });
    Ok(())
}

struct GateBackward<'a> {
    gate: &'a mut [f32],
    up: &'a mut [f32],
    gradient: &'a [f32],
}

impl Kernel for GateBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        for ((gate, up), gradient) in self.gate.iter_mut().zip(self.up).zip(self.gradient) {
            let sigmoid = 1.0 / (1.0 + exp::<A>(-*gate));
            let silu = *gate * sigmoid;
            *gate = gradient * *up * (sigmoid + silu * (1.0 - sigmoid));
            *up = gradient * silu;
        }
    }
}
