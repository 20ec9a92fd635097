//! Sixteen numbers at a time with the vector instructions of x86-64 processors.
//!
//! # Safety
//! Every function here runs instructions that a processor may lack, and says nothing of it in its signature: code that is
//! generic over [`Arithmetic`] could not be inlined into a caller with the instructions otherwise. The contract is kept in
//! one place: [`InstructionSet::run`](crate::InstructionSet) enters code with one of these types only where the processor
//! was seen to have its instructions, and nothing else names the types.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use half::{bf16, f16};

use crate::arithmetic::{Arithmetic, LANES, Lanes};
use crate::instructions::{Kernel, avx2, avx512};
use crate::tile::{Panels, Rows, Tiles, tiles};

/// AVX2, FMA and F16C: 16 registers of 8 numbers, of which a tile of 6 rows takes 12.
pub(crate) struct Avx2;

/// AVX-512F: 32 registers of 16 numbers, of which a tile of 12 rows and 2 panels takes 24.
pub(crate) struct Avx512;

impl Arithmetic for Avx2 {
    type Vector = [__m256; 2];
    type Codes = [__m256i; 2];

    #[inline(always)]
    fn enter<K: Kernel>(kernel: K) -> K::Output {
        // SAFETY: the processor has AVX2, FMA and F16C (see the module).
        unsafe { avx2(kernel) }
    }

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
    fn multiply(a: [__m256; 2], b: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: the processor has AVX (see the module).
        unsafe { [_mm256_mul_ps(a[0], b[0]), _mm256_mul_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn scale_codes(codes: [__m256; 2], scales: [__m256; 2], least: [__m256; 2]) -> [__m256; 2] {
        // SAFETY: the processor has AVX and FMA (see the module).
        unsafe { [_mm256_fmadd_ps(codes[0], scales[0], least[0]), _mm256_fmadd_ps(codes[1], scales[1], least[1])] }
    }

    #[inline(always)]
    fn load_f16(numbers: &[f16; LANES]) -> [__m256; 2] {
        let place = numbers.as_ptr().cast::<__m128i>();
        // SAFETY: the processor has AVX and F16C (see the module); 32 bytes lie at `place`, and an `f16` is two bytes of
        // the format that the instruction reads.
        unsafe { [_mm256_cvtph_ps(_mm_loadu_si128(place)), _mm256_cvtph_ps(_mm_loadu_si128(place.add(1)))] }
    }

    #[inline(always)]
    fn load_bf16(numbers: &[bf16; LANES]) -> [__m256; 2] {
        let place = numbers.as_ptr().cast::<__m128i>();
        // SAFETY: the processor has AVX2 (see the module); 32 bytes lie at `place`, and a `bf16` is the upper half of a
        // number of 32 bits.
        unsafe {
            let low = _mm256_cvtepu16_epi32(_mm_loadu_si128(place));
            let high = _mm256_cvtepu16_epi32(_mm_loadu_si128(place.add(1)));
            [_mm256_castsi256_ps(_mm256_slli_epi32::<16>(low)), _mm256_castsi256_ps(_mm256_slli_epi32::<16>(high))]
        }
    }

    #[inline(always)]
    fn load_i8(numbers: &[i8; LANES]) -> [__m256; 2] {
        // SAFETY: the processor has AVX2 (see the module); 16 bytes lie there.
        unsafe {
            let bytes = _mm_loadu_si128(numbers.as_ptr().cast());
            let low = _mm256_cvtepi8_epi32(bytes);
            let high = _mm256_cvtepi8_epi32(_mm_srli_si128::<8>(bytes));
            [_mm256_cvtepi32_ps(low), _mm256_cvtepi32_ps(high)]
        }
    }

    #[inline(always)]
    fn load_codes(codes: &[u32; LANES]) -> [__m256i; 2] {
        let place = codes.as_ptr().cast::<__m256i>();
        // SAFETY: the processor has AVX (see the module); 64 bytes lie at `place`.
        unsafe { [_mm256_loadu_si256(place), _mm256_loadu_si256(place.add(1))] }
    }

    #[inline(always)]
    fn lowest_codes<const ZERO: i32>(codes: [__m256i; 2]) -> [__m256; 2] {
        // SAFETY: the processor has AVX2 (see the module).
        unsafe {
            let (mask, zero) = (_mm256_set1_epi32(15), _mm256_set1_epi32(ZERO));
            let low = _mm256_sub_epi32(_mm256_and_si256(codes[0], mask), zero);
            let high = _mm256_sub_epi32(_mm256_and_si256(codes[1], mask), zero);
            [_mm256_cvtepi32_ps(low), _mm256_cvtepi32_ps(high)]
        }
    }

    #[inline(always)]
    fn next_codes(codes: [__m256i; 2]) -> [__m256i; 2] {
        // SAFETY: the processor has AVX2 (see the module).
        unsafe { [_mm256_srli_epi32::<4>(codes[0]), _mm256_srli_epi32::<4>(codes[1])] }
    }
}

impl Arithmetic for Avx512 {
    type Vector = __m512;
    type Codes = __m512i;

    #[inline(always)]
    fn enter<K: Kernel>(kernel: K) -> K::Output {
        // SAFETY: the processor has AVX-512F, AVX2, FMA and F16C (see the module).
        unsafe { avx512(kernel) }
    }

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
    fn multiply(a: __m512, b: __m512) -> __m512 {
        // SAFETY: the processor has AVX-512F (see the module).
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn scale_codes(codes: __m512, scales: __m512, least: __m512) -> __m512 {
        // SAFETY: the processor has AVX-512F (see the module).
        unsafe { _mm512_fmadd_ps(codes, scales, least) }
    }

    #[inline(always)]
    fn load_f16(numbers: &[f16; LANES]) -> __m512 {
        // SAFETY: the processor has AVX-512F (see the module); 32 bytes lie there, and an `f16` is two bytes of the format
        // that the instruction reads.
        unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(numbers.as_ptr().cast())) }
    }

    #[inline(always)]
    fn load_bf16(numbers: &[bf16; LANES]) -> __m512 {
        // SAFETY: the processor has AVX-512F (see the module); 32 bytes lie there, and a `bf16` is the upper half of a
        // number of 32 bits.
        unsafe {
            let words = _mm512_cvtepu16_epi32(_mm256_loadu_si256(numbers.as_ptr().cast()));
            _mm512_castsi512_ps(_mm512_slli_epi32::<16>(words))
        }
    }

    #[inline(always)]
    fn load_i8(numbers: &[i8; LANES]) -> __m512 {
        // SAFETY: the processor has AVX-512F (see the module); 16 bytes lie there.
        unsafe { _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(numbers.as_ptr().cast()))) }
    }

    #[inline(always)]
    fn load_codes(codes: &[u32; LANES]) -> __m512i {
        // SAFETY: the processor has AVX-512F (see the module); 64 bytes lie there.
        unsafe { _mm512_loadu_si512(codes.as_ptr().cast()) }
    }

    /// The instruction looks up each number by the lowest 4 bits of a word, whatever stands above them.
    #[inline(always)]
    fn lowest_codes<const ZERO: i32>(codes: __m512i) -> __m512 {
        let mut numbers = Lanes::ZERO;
        for (code, number) in numbers.iter_mut().enumerate() {
            *number = (code as i32 - ZERO) as f32;
        }
        // SAFETY: the processor has AVX-512F (see the module).
        unsafe { _mm512_permutexvar_ps(codes, Self::load(&numbers)) }
    }

    #[inline(always)]
    fn next_codes(codes: __m512i) -> __m512i {
        // SAFETY: the processor has AVX-512F (see the module).
        unsafe { _mm512_srli_epi32::<4>(codes) }
    }
}
