//! Sixteen numbers at a time with the vector instructions of 64-bit ARM processors.
//!
//! # Safety
//! As for x86-64: [`InstructionSet::run`](crate::InstructionSet) enters code with [`Neon`] only where the processor was seen
//! to have its instructions, and nothing else names the type.
#![allow(unsafe_code)]

use std::arch::aarch64::*;

use crate::arithmetic::{Arithmetic, Lanes};
use crate::tile::{Panels, Rows, Tiles, tiles};

/// NEON: 32 registers of 4 numbers, of which a tile of 6 rows takes 24.
pub(crate) struct Neon;

impl Arithmetic for Neon {
    type Vector = [float32x4_t; 4];

    #[inline(always)]
    fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn add_product(factor: f32, weights: [float32x4_t; 4], mut sum: [float32x4_t; 4]) -> [float32x4_t; 4] {
        for quarter in 0..4 {
            // SAFETY: the processor has NEON (see the module).
            sum[quarter] = unsafe { vfmaq_n_f32(sum[quarter], weights[quarter], factor) };
        }
        sum
    }

    #[inline(always)]
    fn load(lanes: &Lanes) -> [float32x4_t; 4] {
        let place = lanes.as_ptr();
        // SAFETY: the processor has NEON (see the module); 16 numbers lie at `place`.
        unsafe { [vld1q_f32(place), vld1q_f32(place.add(4)), vld1q_f32(place.add(8)), vld1q_f32(place.add(12))] }
    }

    #[inline(always)]
    fn store(vector: [float32x4_t; 4], lanes: &mut Lanes) {
        let place = lanes.as_mut_ptr();
        for (quarter, vector) in vector.into_iter().enumerate() {
            // SAFETY: the processor has NEON (see the module); 16 numbers lie at `place`.
            unsafe { vst1q_f32(place.add(4 * quarter), vector) }
        }
    }

    #[inline(always)]
    fn accumulate(x: Rows<'_>, weights: Panels<'_>, out: Tiles<'_>) {
        tiles::<Self, 6, 1>(x, weights, out);
    }
}
