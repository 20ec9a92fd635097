//! Norms, sums and activations: what is done to each row or number alone.

use rayon::prelude::*;

use crate::arithmetic::{Arithmetic, LANES, exp, silu, sum_lanes};
use crate::error::{KernelError, check_length, whole_rows};
use crate::instructions::{InstructionSet, Kernel};

/// Numbers that one task works on: enough to be worth a thread.
const TASK: usize = 32 * 1024;

/// The root-mean-square norm of each row: `y = x / sqrt(mean(x^2) + epsilon) * weight`.
///
/// `x` and `y` are `[rows, width]` where `weight` is `[width]`: a model's hidden size, or the size of a head where
/// queries and keys are normed head by head.
///
/// # Errors
/// If the lengths do not fit.
pub fn rms_norm(x: &[f32], weight: &[f32], epsilon: f32, y: &mut [f32]) -> Result<(), KernelError> {
    let width = weight.len();
    whole_rows("x of a norm", width, x.len())?;
    check_length("y of a norm", x.len(), y.len())?;
    let size = TASK.next_multiple_of(width);
    y.par_chunks_mut(size).zip(x.par_chunks(size)).for_each(|(y, x)| {
        InstructionSet::best().run(Norm { x, weight, epsilon, y });
    });
    Ok(())
}

struct Norm<'a> {
    x: &'a [f32],
    weight: &'a [f32],
    epsilon: f32,
    y: &'a mut [f32],
}

impl Kernel for Norm<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let width = self.weight.len();
        for (x, y) in self.x.chunks(width).zip(self.y.chunks_mut(width)) {
            let (whole, rest) = x.as_chunks::<LANES>();
            let mut squares = [0.0; LANES];
            for x in whole {
                for lane in 0..LANES {
                    squares[lane] = A::multiply_add(x[lane], x[lane], squares[lane]);
                }
            }
            for (square, x) in squares.iter_mut().zip(rest) {
                *square = A::multiply_add(*x, *x, *square);
            }
            let scale = 1.0 / (sum_lanes(&squares) / width as f32 + self.epsilon).sqrt();
            for ((y, x), weight) in y.iter_mut().zip(x).zip(self.weight) {
                *y = x * scale * weight;
            }
        }
    }
}

/// `y += x`, number by number.
///
/// # Errors
/// If the lengths differ.
pub fn add(x: &[f32], y: &mut [f32]) -> Result<(), KernelError> {
    check_length("y of a sum", x.len(), y.len())?;
    y.par_chunks_mut(TASK).zip(x.par_chunks(TASK)).for_each(|(y, x)| {
        y.iter_mut().zip(x).for_each(|(y, x)| *y += x);
    });
    Ok(())
}

/// `gate = silu(gate) * up`, number by number: a gated MLP whose projections were computed apart, as an adapter needs it.
///
/// # Errors
/// If the lengths differ.
pub fn silu_gate(gate: &mut [f32], up: &[f32]) -> Result<(), KernelError> {
    check_length("`up` of a gate", gate.len(), up.len())?;
    gate.par_chunks_mut(TASK).zip(up.par_chunks(TASK)).for_each(|(gate, up)| {
        InstructionSet::best().run(Gate { gate, up });
    });
    Ok(())
}

/// The logarithm of the sum of exponentials of some logits: what each is less by than its log-probability. Negative infinity
/// of no logits, or of nothing but negative infinity.
///
/// Exponentials are within 2 units in the last place of f32 and are summed in f64, always in the same order.
pub fn log_sum_exp(logits: &[f32]) -> f64 {
    InstructionSet::best().run(LogSumExp(logits))
}

struct LogSumExp<'a>(&'a [f32]);

impl Kernel for LogSumExp<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> f64 {
        let mut greatest = [f32::NEG_INFINITY; LANES];
        let (whole, rest) = self.0.as_chunks::<LANES>();
        for logits in whole {
            for lane in 0..LANES {
                greatest[lane] = if logits[lane] > greatest[lane] { logits[lane] } else { greatest[lane] };
            }
        }
        let mut most = f32::NEG_INFINITY;
        for logit in greatest.iter().chain(rest) {
            most = if *logit > most { *logit } else { most };
        }
        if most == f32::NEG_INFINITY {
            // NaN is greater than nothing, and must not be taken for the lack of any logit.
            return if self.0.iter().any(|logit| logit.is_nan()) { f64::NAN } else { f64::NEG_INFINITY };
        }
        let mut sums = [0.0_f64; LANES];
        for logits in whole {
            for lane in 0..LANES {
                sums[lane] += f64::from(exp::<A>(logits[lane] - most));
            }
        }
        let mut sum = 0.0;
        for part in sums {
            sum += part;
        }
        for logit in rest {
            sum += f64::from(exp::<A>(*logit - most));
        }
        f64::from(most) + sum.ln()
    }
}

struct Gate<'a> {
    gate: &'a mut [f32],
    up: &'a [f32],
}

impl Kernel for Gate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        for (gate, up) in self.gate.iter_mut().zip(self.up) {
            *gate = silu::<A>(*gate) * up;
        }
    }
}
