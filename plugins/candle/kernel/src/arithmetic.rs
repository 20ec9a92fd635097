//! The two ways to multiply and add, and what is built on them.

use crate::tile::{Panels, Rows, Tiles, tiles};

/// Numbers side by side in a panel of weights and in an accumulator, whatever the instruction set.
pub(crate) const LANES: usize = 16;

/// One row of a panel.
pub(crate) type Lanes = [f32; LANES];

/// How an instruction set multiplies and adds, and in tiles of which size.
pub(crate) trait Arithmetic {
    /// `a * b + c`.
    fn multiply_add(a: f32, b: f32, c: f32) -> f32;
    /// Adds `x` times `weights` to `out`, in tiles that fill this set's registers.
    fn accumulate(x: Rows<'_>, weights: Panels<'_>, out: Tiles<'_>);
}

/// Rounds once: FMA instructions.
pub(crate) struct Fused<const ROWS: usize, const PANELS: usize>;

/// Rounds twice: without FMA instructions, `f32::mul_add` is a call into the C library for each number.
pub(crate) struct Plain<const ROWS: usize, const PANELS: usize>;

impl<const ROWS: usize, const PANELS: usize> Arithmetic for Fused<ROWS, PANELS> {
    #[inline(always)]
    fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn accumulate(x: Rows<'_>, weights: Panels<'_>, out: Tiles<'_>) {
        tiles::<Self, ROWS, PANELS>(x, weights, out);
    }
}

impl<const ROWS: usize, const PANELS: usize> Arithmetic for Plain<ROWS, PANELS> {
    #[inline(always)]
    fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }

    #[inline(always)]
    fn accumulate(x: Rows<'_>, weights: Panels<'_>, out: Tiles<'_>) {
        tiles::<Self, ROWS, PANELS>(x, weights, out);
    }
}

/// The sum of the lanes, always in the same order: a tree of halves.
#[inline(always)]
pub(crate) fn sum_lanes(lanes: &Lanes) -> f32 {
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
    use crate::instructions::{InstructionSet, Kernel};

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
