//! Sixteen numbers at a time with the vector instructions of 64-bit ARM processors.
//!
//! # Safety
//! As for x86-64: [`InstructionSet::run`](crate::InstructionSet) enters code with [`Neon`] only where the processor was seen
//! to have its instructions, and nothing else names the type.
#![allow(unsafe_code)]

use std::arch::aarch64::*;

use half::{bf16, f16};

use crate::arithmetic::{Arithmetic, LANES, Lanes};
use crate::instructions::{Kernel, neon};
use crate::tile::{Panels, Rows, Tiles, tiles};

/// NEON: 32 registers of 4 numbers, of which a tile of 6 rows takes 24.
pub(crate) struct Neon;

impl Arithmetic for Neon {
    type Vector = [float32x4_t; 4];
    type Codes = [uint32x4_t; 4];

    #[inline(always)]
    fn enter<K: Kernel>(kernel: K) -> K::Output {
        // SAFETY: the processor has NEON (see the module).
        unsafe { neon(kernel) }
    }

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

    #[inline(always)]
    fn multiply(mut a: [float32x4_t; 4], b: [float32x4_t; 4]) -> [float32x4_t; 4] {
        for quarter in 0..4 {
            // SAFETY: the processor has NEON (see the module).
            a[quarter] = unsafe { vmulq_f32(a[quarter], b[quarter]) };
        }
        a
    }

    #[inline(always)]
    fn scale_codes(codes: [float32x4_t; 4], scales: [float32x4_t; 4], mut least: [float32x4_t; 4]) -> [float32x4_t; 4] {
        for quarter in 0..4 {
            // SAFETY: the processor has NEON (see the module).
            least[quarter] = unsafe { vfmaq_f32(least[quarter], codes[quarter], scales[quarter]) };
        }
        least
    }

    /// One by one: the vector instruction for it has no stable name.
    #[inline(always)]
    fn load_f16(numbers: &[f16; LANES]) -> [float32x4_t; 4] {
        let mut wide = Lanes::ZERO;
        for (wide, number) in wide.iter_mut().zip(numbers) {
            *wide = number.to_f32();
        }
        Self::load(&wide)
    }

    #[inline(always)]
    fn load_bf16(numbers: &[bf16; LANES]) -> [float32x4_t; 4] {
        let place = numbers.as_ptr().cast::<u16>();
        // SAFETY: the processor has NEON (see the module); 16 numbers of two bytes lie at `place`, and a `bf16` is the upper
        // half of a number of 32 bits.
        unsafe {
            let (low, high) = (vld1q_u16(place), vld1q_u16(place.add(8)));
            [
                vreinterpretq_f32_u32(vshll_n_u16::<16>(vget_low_u16(low))),
                vreinterpretq_f32_u32(vshll_n_u16::<16>(vget_high_u16(low))),
                vreinterpretq_f32_u32(vshll_n_u16::<16>(vget_low_u16(high))),
                vreinterpretq_f32_u32(vshll_n_u16::<16>(vget_high_u16(high))),
            ]
        }
    }

    #[inline(always)]
    fn load_i8(numbers: &[i8; LANES]) -> [float32x4_t; 4] {
        // SAFETY: the processor has NEON (see the module); 16 bytes lie there.
        unsafe {
            let bytes = vld1q_s8(numbers.as_ptr());
            let (low, high) = (vmovl_s8(vget_low_s8(bytes)), vmovl_s8(vget_high_s8(bytes)));
            [
                vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))),
                vcvtq_f32_s32(vmovl_s16(vget_high_s16(low))),
                vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))),
                vcvtq_f32_s32(vmovl_s16(vget_high_s16(high))),
            ]
        }
    }

    #[inline(always)]
    fn load_codes(codes: &[u32; LANES]) -> [uint32x4_t; 4] {
        let place = codes.as_ptr();
        // SAFETY: the processor has NEON (see the module); 16 words lie at `place`.
        unsafe { [vld1q_u32(place), vld1q_u32(place.add(4)), vld1q_u32(place.add(8)), vld1q_u32(place.add(12))] }
    }

    #[inline(always)]
    fn lowest_codes<const ZERO: i32>(codes: [uint32x4_t; 4]) -> [float32x4_t; 4] {
        let mut numbers = Self::load(&Lanes::ZERO);
        for quarter in 0..4 {
            // SAFETY: the processor has NEON (see the module).
            numbers[quarter] = unsafe {
                let codes = vreinterpretq_s32_u32(vandq_u32(codes[quarter], vdupq_n_u32(15)));
                vcvtq_f32_s32(vsubq_s32(codes, vdupq_n_s32(ZERO)))
            };
        }
        numbers
    }

    #[inline(always)]
    fn next_codes(mut codes: [uint32x4_t; 4]) -> [uint32x4_t; 4] {
        for codes in &mut codes {
            // SAFETY: the processor has NEON (see the module).
            *codes = unsafe { vshrq_n_u32::<4>(*codes) };
        }
        codes
    }
}
