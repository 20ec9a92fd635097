//! What an instruction set does with sixteen numbers at a time, and what is built on it.

use std::ops::{Deref, DerefMut};

use half::{bf16, f16};

use crate::instructions::Kernel;
use crate::tile::{Panels, Rows, Tiles, tiles};

/// Numbers side by side in a panel of weights and in an accumulator, whatever the instruction set.
pub(crate) const LANES: usize = 16;

/// One row of a panel, on cache lines of its own: a vector that lies across two of them is read twice.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub(crate) struct Lanes(pub(crate) [f32; LANES]);

impl Lanes {
    pub(crate) const ZERO: Self = Self([0.0; LANES]);
}

impl Deref for Lanes {
    type Target = [f32; LANES];

    #[inline(always)]
    fn deref(&self) -> &[f32; LANES] {
        &self.0
    }
}

impl DerefMut for Lanes {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f32; LANES] {
        &mut self.0
    }
}

impl AsMut<[f32]> for Lanes {
    #[inline(always)]
    fn as_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

/// How an instruction set multiplies and adds, and in tiles of which size.
///
/// The inner loop works on [`Vector`](Self::Vector)s, which an instruction set names itself: sums in plain arrays are left
/// in memory by the compiler where a tile is large, at a fifteenth of the speed.
pub(crate) trait Arithmetic: Sized {
    /// Sixteen numbers in registers.
    type Vector: Copy;
    /// Sixteen words of eight 4-bit codes in registers.
    type Codes: Copy;

    /// Runs `kernel` with this set's instructions, as a function of its own: for code that would be too large inlined.
    fn enter<K: Kernel>(kernel: K) -> K::Output;
    /// `a * b + c`.
    fn multiply_add(a: f32, b: f32, c: f32) -> f32;
    /// `factor * weights + sum`, lane by lane, rounded as [`multiply_add`](Self::multiply_add) rounds.
    fn add_product(factor: f32, weights: Self::Vector, sum: Self::Vector) -> Self::Vector;
    /// From memory.
    fn load(lanes: &Lanes) -> Self::Vector;
    /// To memory.
    fn store(vector: Self::Vector, lanes: &mut Lanes);
    /// Adds `x` times `weights` to `out`, in tiles that fill this set's registers.
    fn accumulate(x: Rows<'_>, weights: Panels<'_>, out: Tiles<'_>);

    /// `a * b`, lane by lane.
    fn multiply(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `codes * scales + least`, lane by lane. The product of a code and a 16-bit scale is exact, so that it is rounded once
    /// whether or not the instructions are fused.
    fn scale_codes(codes: Self::Vector, scales: Self::Vector, least: Self::Vector) -> Self::Vector;
    /// Sixteen 16-bit numbers from memory.
    fn load_f16(numbers: &[f16; LANES]) -> Self::Vector;
    /// Sixteen 16-bit numbers from memory.
    fn load_bf16(numbers: &[bf16; LANES]) -> Self::Vector;
    /// Sixteen whole numbers from memory.
    fn load_i8(numbers: &[i8; LANES]) -> Self::Vector;
    /// Codes from memory.
    fn load_codes(codes: &[u32; LANES]) -> Self::Codes;
    /// The lowest code of each word, from 0 to 15, less `ZERO`.
    fn lowest_codes<const ZERO: i32>(codes: Self::Codes) -> Self::Vector;
    /// Each word without its lowest code.
    fn next_codes(codes: Self::Codes) -> Self::Codes;
}

/// What every processor has. Rounds twice: without FMA instructions, `f32::mul_add` is a call into the C library for each
/// number.
pub(crate) struct Plain;

impl Arithmetic for Plain {
    type Vector = Lanes;
    type Codes = [u32; LANES];

    fn enter<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<Self>()
    }

    #[inline(always)]
    fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }

    #[inline(always)]
    fn add_product(factor: f32, weights: Lanes, mut sum: Lanes) -> Lanes {
        for lane in 0..LANES {
            sum[lane] += factor * weights[lane];
        }
        sum
    }

    #[inline(always)]
    fn load(lanes: &Lanes) -> Lanes {
        *lanes
    }

    #[inline(always)]
    fn store(vector: Lanes, lanes: &mut Lanes) {
        *lanes = vector;
    }

    #[inline(always)]
    fn accumulate(x: Rows<'_>, weights: Panels<'_>, out: Tiles<'_>) {
        tiles::<Self, 2, 1>(x, weights, out);
    }

    #[inline(always)]
    fn multiply(mut a: Lanes, b: Lanes) -> Lanes {
        for lane in 0..LANES {
            a[lane] *= b[lane];
        }
        a
    }

    #[inline(always)]
    fn scale_codes(mut codes: Lanes, scales: Lanes, least: Lanes) -> Lanes {
        for lane in 0..LANES {
            codes[lane] = codes[lane] * scales[lane] + least[lane];
        }
        codes
    }

    #[inline(always)]
    fn load_f16(numbers: &[f16; LANES]) -> Lanes {
        let mut wide = Lanes::ZERO;
        for (wide, number) in wide.iter_mut().zip(numbers) {
            *wide = number.to_f32();
        }
        wide
    }

    #[inline(always)]
    fn load_bf16(numbers: &[bf16; LANES]) -> Lanes {
        let mut wide = Lanes::ZERO;
        for (wide, number) in wide.iter_mut().zip(numbers) {
            *wide = f32::from_bits(u32::from(number.to_bits()) << 16);
        }
        wide
    }

    #[inline(always)]
    fn load_i8(numbers: &[i8; LANES]) -> Lanes {
        let mut wide = Lanes::ZERO;
        for (wide, number) in wide.iter_mut().zip(numbers) {
            *wide = f32::from(*number);
        }
        wide
    }

    #[inline(always)]
    fn load_codes(codes: &[u32; LANES]) -> [u32; LANES] {
        *codes
    }

    #[inline(always)]
    fn lowest_codes<const ZERO: i32>(codes: [u32; LANES]) -> Lanes {
        let mut numbers = Lanes::ZERO;
        for (number, codes) in numbers.iter_mut().zip(codes) {
            *number = ((codes & 15) as i32 - ZERO) as f32;
        }
        numbers
    }

    #[inline(always)]
    fn next_codes(mut codes: [u32; LANES]) -> [u32; LANES] {
        for codes in &mut codes {
            *codes >>= 4;
        }
        codes
    }
}

/// The sum of the lanes, always in the same order: a tree of halves.
#[inline(always)]
pub(crate) fn sum_lanes(lanes: &[f32; LANES]) -> f32 {
    let mut sums = *lanes;
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}

/// The greatest argument whose exponential is finite here; above it [`exp`] stays at this one's value.
const GREATEST: f32 = 88.376;
/// Below it the exponential is no normal number any more, and [`exp`] gives 0.
const LEAST: f32 = -87.336;

/// `e^x` to within 2 units in the last place; 0 below [`LEAST`], saturated above [`GREATEST`]; NaN stays NaN.
///
/// `x = n ln 2 + r` with whole `n` and `|r| <= ln 2 / 2`; `e^r` is its Taylor series of degree 7 (error 7e-9 of the
/// value at the ends, an eighth of a unit in the last place); `2^n` is put together from bits.
#[inline(always)]
pub(crate) fn exp<A: Arithmetic>(x: f32) -> f32 {
    // Adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts: the products of the first with whole numbers up to 128 are exact.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;

    // Comparisons instead of `clamp`, so that NaN passes.
    let clamped = if x > GREATEST { GREATEST } else { x };
    let clamped = if clamped < LEAST { LEAST } else { clamped };
    let shifted = A::multiply_add(clamped, std::f32::consts::LOG2_E, ROUND);
    let whole = shifted - ROUND;
    let rest = A::multiply_add(whole, -LN_2_LOW, A::multiply_add(whole, -LN_2_HIGH, clamped));
    let mut series = 1.0 / 5040.0;
    for coefficient in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        series = A::multiply_add(series, rest, coefficient);
    }
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127);
    let value = series * f32::from_bits(exponent << 23);
    if x < LEAST { 0.0 } else { value }
}

/// `x / (1 + e^-x)`, the activation of a gated MLP.
#[inline(always)]
pub(crate) fn silu<A: Arithmetic>(x: f32) -> f32 {
    x / (1.0 + exp::<A>(-x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instructions::InstructionSet;

    struct Exponentials<'a>(&'a mut [f32]);

    impl Kernel for Exponentials<'_> {
        type Output = ();

        #[inline(always)]
        fn run<A: Arithmetic>(self) {
            self.0.iter_mut().for_each(|x| *x = exp::<A>(*x));
        }
    }

    #[test]
    fn exponentials_are_within_two_units_of_the_last_place() {
        let arguments: Vec<f32> = (-873_000..=883_000).map(|step| step as f32 * 1e-4).collect();
        for set in InstructionSet::available() {
            let mut found = arguments.clone();
            set.run(Exponentials(&mut found));
            for (x, found) in arguments.iter().zip(found) {
                let expected = f64::from(*x).exp();
                let unit = f64::from(f32::from_bits((expected as f32).to_bits() + 1) - expected as f32);
                assert!((f64::from(found) - expected).abs() <= 2.0 * unit, "{set}: exp({x}) = {found}");
            }
        }
    }

    #[test]
    fn exponentials_at_the_ends() {
        for set in InstructionSet::available() {
            let mut found = [0.0, -0.0, -88.0, f32::NEG_INFINITY, 1000.0, f32::INFINITY, f32::NAN];
            set.run(Exponentials(&mut found));
            assert_eq!(found[..4], [1.0, 1.0, 0.0, 0.0], "{set}");
            assert!(found[4] > 2e38 && found[4] == found[5] && found[5].is_finite(), "{set}");
            assert!(found[6].is_nan(), "{set}");
        }
    }
}
