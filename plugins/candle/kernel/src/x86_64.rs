//! Sixteen numbers at a time with the vector instructions of x86-64 processors.
//!
//! # Safety
//! Every function here runs instructions that a processor may lack, and says nothing of it in its signature: code that is
//! generic over [`Arithmetic`] could not be inlined into a caller with the instructions otherwise. The contract is kept in
//! one place: [`InstructionSet::run`](crate::InstructionSet) enters code with one of these types only where the processor
//! was seen to have its instructions, and nothing else names the types.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use half::f16;

use crate::arithmetic::{Arithmetic, LANES, Lanes};
use crate::tile::{Panels, Rows, Tiles, tiles};

/// AVX2, FMA and F16C: 16 registers of 8 numbers, of which a tile of 6 rows takes 12.
pub(crate) struct Avx2;

/// AVX-512F: 32 registers of 16 numbers, of which a tile of 12 rows and 2 panels takes 24.
pub(crate) struct Avx512;

impl Arithmetic for Avx2 {
    type Vector = [__m256; 2];

    #[inline(always)]
    fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn add_product(factor: f32, weights: [__m256; 2], sum: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: the processor has AVX and FMA (see the module).
        unsafe {
            let factor = _mm256_set1_ps(factor);
            [_mm256_fmadd_ps(factor, weights[0], sum[0]), _mm256_fmadd_ps(factor, weights[1], sum[1])]
        }
    }

    #[inline(always)]
    fn load(lanes: &Lanes) -> [__m256; 2] {
        let place = lanes.as_ptr();
        // SAFETY: the processor has AVX (see the module); 16 numbers lie at `place`, on a multiple of 64 bytes.
        unsafe { [_mm256_load_ps(place), _mm256_load_ps(place.add(8))] }
    }

    #[inline(always)]
    fn store(vector: [__m256; 2], lanes: &mut Lanes) {
        let place = lanes.as_mut_ptr();
        // SAFETY: the processor has AVX (see the module); 16 numbers lie at `place`, on a multiple of 64 bytes.
        unsafe {
            _mm256_store_ps(place, vector[0]);
            _mm256_store_ps(place.add(8), vector[1]);
        }
    }

    #[inline(always)]
    fn accumulate(x: Rows<'_>, weights: Panels<'_>, out: Tiles<'_>) {
        tiles::<Self, 6, 1>(x, weights, out);
    }

    #[inline(always)]
    fn widen(narrow: &[f16; LANES], wide: &mut Lanes) {
        let place = narrow.as_ptr().cast::<__m128i>();
        // SAFETY: the processor has AVX and F16C (see the module); 32 bytes lie at `place`, and an `f16` is two bytes of
        // the format that the instruction reads.
        let halves =
            unsafe { [_mm256_cvtph_ps(_mm_loadu_si128(place)), _mm256_cvtph_ps(_mm_loadu_si128(place.add(1)))] };
        Self::store(halves, wide);
    }
}

impl Arithmetic for Avx512 {
    type Vector = __m512;

    #[inline(always)]
    fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn add_product(factor: f32, weights: __m512, sum: __m512) -> __m512 {
        // SAFETY: the processor has AVX-512F (see the module).
        unsafe { _mm512_fmadd_ps(_mm512_set1_ps(factor), weights, sum) }
    }

    #[inline(always)]
    fn load(lanes: &Lanes) -> __m512 {
        // SAFETY: the processor has AVX-512F (see the module); 16 numbers lie there, on a multiple of 64 bytes.
        unsafe { _mm512_load_ps(lanes.as_ptr()) }
    }

    #[inline(always)]
    fn store(vector: __m512, lanes: &mut Lanes) {
        // SAFETY: the processor has AVX-512F (see the module); 16 numbers lie there, on a multiple of 64 bytes.
        unsafe { _mm512_store_ps(lanes.as_mut_ptr(), vector) }
    }

    #[inline(always)]
    fn accumulate(x: Rows<'_>, weights: Panels<'_>, out: Tiles<'_>) {
        tiles::<Self, 12, 2>(x, weights, out);
    }

    #[inline(always)]
    fn widen(narrow: &[f16; LANES], wide: &mut Lanes) {
        // SAFETY: the processor has AVX-512F (see the module); 32 bytes lie there, and an `f16` is two bytes of the format
        // that the instruction reads.
        let vector = unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(narrow.as_ptr().cast())) };
        Self::store(vector, wide);
    }
}
