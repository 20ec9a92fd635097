//! The arithmetic of a decoder on CPUs.
//!
//! ```text
//!   x ──rms_norm──▶ linear (q, k, v) ──rotate──▶ attention ──linear_add──▶ x ──rms_norm──▶ GatedMlp ──▶ x
//!                      ▲                                 ▲                                        ▲
//!                 PackedMatrix                    Segments of Keys                       three PackedMatrix
//! ```
//! Everything works on plain slices of `f32`, row by row. Weights never change, so they are packed once, when a model is
//! loaded. All functions use the threads of rayon's global pool.
//!
//! # Bits depend on nothing but the row
//! Every number of a result is one chain of operations whose order depends on its own row only. So the bits of a row are
//! the same alone and in any batch, with any number of threads, and however the keys of a sequence are cut into runs:
//! prefixes can be shared and batches packed freely, and no score changes.
//!
//! # Instructions
//! The arithmetic is generic code that the compiler turns into vector instructions, once for each [`InstructionSet`]; the
//! best one that the processor has is chosen at run time. Sets with fused multiply-add agree bit for bit.
//!
//! ```
//! use touchstone_kernel::{PackedMatrix, linear};
//!
//! // Two outputs from three inputs: the sum, and the first less the last.
//! let weights = PackedMatrix::from_f32(&[1.0, 1.0, 1.0, 1.0, 0.0, -1.0], 2, 3)?;
//! let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
//! let mut y = [0.0; 4];
//! linear(&x, &weights, None, &mut y)?;
//! assert_eq!(y, [6.0, -2.0, 15.0, -2.0]);
//! # Ok::<(), touchstone_kernel::KernelError>(())
//! ```

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod arithmetic;
mod attention;
mod elementwise;
mod error;
mod gradients;
mod grid;
mod instructions;
mod layout;
mod linear;
mod mlp;
mod narrow;
mod packed;
mod product;
mod quantised;
mod rotary;
mod tile;
#[cfg(target_arch = "x86_64")]
mod x86_64;

pub use attention::{
    AttentionGradients, AttentionInputs, AttentionShape, Keys, PackedKeys, Run, Segment, attention, attention_backward,
};
pub use elementwise::{add, log_sum_exp, rms_norm, silu_gate};
pub use error::KernelError;
pub use gradients::{rms_norm_backward, silu_gate_backward};
pub use instructions::InstructionSet;
pub use linear::{Projection, linear, linear_add, project};
pub use mlp::GatedMlp;
pub use packed::PackedMatrix;
pub use quantised::BlockFormat;
pub use rotary::{RowAngles, rotate};
