//! Products of a few rows with weights that are narrower than f32: weights go from memory into registers, are widened there,
//! and meet all rows at once. Nothing is written but the sums.

use std::ops::Range;

use crate::arithmetic::{Arithmetic, Lanes};
use crate::layout::Layout;
use crate::tile::{Panels, Rows};

/// Rows that meet the weights in registers: more would not find place there.
pub(crate) const FEW: usize = 6;
/// Panels that meet one row together, or each multiply-add would wait for the one before it.
pub(crate) const PANELS: usize = 4;

/// Some panels of narrow weights.
#[derive(Clone, Copy)]
pub(crate) struct NarrowPanels<'a, L> {
    data: &'a [L],
    pieces: usize,
}

impl<'a, L: Layout> NarrowPanels<'a, L> {
    /// Panels of `pieces` pieces each, one after the other in the slice.
    #[inline(always)]
    pub(crate) fn new(data: &'a [L], pieces: usize) -> Self {
        Self { data, pieces }
    }

    #[inline(always)]
    fn count(&self) -> usize {
        self.data.len() / self.pieces
    }

    /// These inputs of all panels in f32, put into `wide`. They begin and end with a piece.
    #[inline(always)]
    pub(crate) fn widen<'b, A: Arithmetic>(&self, inputs: Range<usize>, wide: &'b mut Vec<Lanes>) -> Panels<'b> {
        let pieces = inputs.start / L::INPUTS..inputs.end / L::INPUTS;
        let (count, inputs) = (self.count(), inputs.len());
        wide.resize(count * inputs, Lanes::ZERO);
        for (panel, wide) in wide.chunks_exact_mut(inputs).enumerate() {
            let narrow = &self.panel(panel)[pieces.clone()];
            for (piece, wide) in narrow.iter().zip(wide.chunks_exact_mut(L::INPUTS)) {
                piece.widen::<A>(wide);
            }
        }
        Panels::new(wide, inputs, count, inputs)
    }

    #[inline(always)]
    fn panel(&self, index: usize) -> &'a [L] {
        &self.data[index * self.pieces..][..self.pieces]
    }
}

/// `x` times `weights`, for at most [`FEW`] rows: `sums` gets the rows of the first panel, then of the next.
#[inline(always)]
pub(crate) fn few<A: Arithmetic, L: Layout>(x: Rows<'_>, weights: NarrowPanels<'_, L>, sums: &mut [Lanes]) {
    let mut panel = 0;
    while x.count() == 1 && weights.count() - panel >= PANELS {
        tile::<A, L, 1, PANELS>(x, 0, weights, panel, sums);
        panel += PANELS;
    }
    while weights.count() - panel >= 2 {
        match x.count() {
            1 => tile::<A, L, 1, 2>(x, 0, weights, panel, sums),
            2 => tile::<A, L, 2, 2>(x, 0, weights, panel, sums),
            3 => tile::<A, L, 3, 2>(x, 0, weights, panel, sums),
            4 => tile::<A, L, 4, 2>(x, 0, weights, panel, sums),
            5 => tile::<A, L, 5, 2>(x, 0, weights, panel, sums),
            _ => tile::<A, L, FEW, 2>(x, 0, weights, panel, sums),
        }
        panel += 2;
    }
    if panel < weights.count() {
        for row in 0..x.count() {
            tile::<A, L, 1, 1>(x, row, weights, panel, sums);
        }
    }
}

/// `ROWS` rows from `first` on times `PANELS` panels from `panel` on. The compiler keeps `sums` in registers, as both sizes
/// are known to it.
#[allow(clippy::needless_range_loop)] // loops over indices are unrolled in full; iterators over arrays are not always
#[inline(always)]
fn tile<A: Arithmetic, L: Layout, const ROWS: usize, const PANELS: usize>(
    x: Rows<'_>,
    first: usize,
    weights: NarrowPanels<'_, L>,
    panel: usize,
    out: &mut [Lanes],
) {
    let mut rows: [&[f32]; ROWS] = [&[]; ROWS];
    for row in 0..ROWS {
        rows[row] = &x.row(first + row)[..weights.pieces * L::INPUTS];
    }
    let mut panels = [weights.panel(panel); PANELS];
    for index in 1..PANELS {
        panels[index] = weights.panel(panel + index);
    }
    let mut sums = [[A::load(&Lanes::ZERO); ROWS]; PANELS];
    for piece in 0..weights.pieces {
        let mut shared = [panels[0][piece].shared::<A>(); PANELS];
        for index in 1..PANELS {
            shared[index] = panels[index][piece].shared::<A>();
        }
        let mut factors: [&[f32]; ROWS] = [&[]; ROWS];
        for row in 0..ROWS {
            factors[row] = &rows[row][piece * L::INPUTS..][..L::INPUTS];
        }
        for step in 0..L::INPUTS / L::STEP {
            let mut fetched = [panels[0][piece].fetch::<A>(step); PANELS];
            for index in 1..PANELS {
                fetched[index] = panels[index][piece].fetch::<A>(step);
            }
            for input in 0..L::STEP {
                for index in 0..PANELS {
                    let weights = L::next::<A>(&mut fetched[index], &shared[index]);
                    for row in 0..ROWS {
                        let factor = factors[row][step * L::STEP + input];
                        sums[index][row] = A::add_product(factor, weights, sums[index][row]);
                    }
                }
            }
        }
    }
    for index in 0..PANELS {
        for row in 0..ROWS {
            A::store(sums[index][row], &mut out[(panel + index) * x.count() + first + row]);
        }
    }
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};
    use proptest::prelude::*;

    use crate::instructions::InstructionSet;
    use crate::linear::{Onto, linear_on};
    use crate::mlp::gated_on;
    use crate::packed::PackedMatrix;
    use crate::quantised::BlockFormat;

    const FORMATS: [BlockFormat; 3] = [BlockFormat::Q4_0, BlockFormat::Q4_1, BlockFormat::Q8_0];

    fn draws(seed: u64, count: usize) -> Vec<u32> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u32
        };
        (0..count).map(|_| draw()).collect()
    }

    fn numbers(seed: u64, count: usize) -> Vec<f32> {
        draws(seed, count).into_iter().map(|draw| draw as f32 / (1 << 30) as f32 - 1.0).collect()
    }

    /// Some blocks, and the weights that they stand for by the format's definition.
    fn blocks(format: BlockFormat, seed: u64, count: usize) -> (Vec<u8>, Vec<f32>) {
        let (mut bytes, mut weights) = (Vec::new(), Vec::new());
        for block in 0..count as u64 {
            let draws = draws(seed.wrapping_add(block * 77), 34);
            // Of every size that f16 has, some too small for its normal form, and 0.
            let half = |draw: u32| {
                f16::from_f32(((draw % 4001) as f32 / 2000.0 - 1.0) * 0.5_f32.powi((draw / 4001 % 23) as i32))
            };
            let (scale, least) = (half(draws[32]), half(draws[33]));
            bytes.extend(scale.to_le_bytes());
            let scale = scale.to_f32();
            match format {
                BlockFormat::Q8_0 => {
                    let codes = draws[..32].iter().map(|draw| *draw as u8);
                    bytes.extend(codes.clone());
                    weights.extend(codes.map(|code| f32::from(code as i8) * scale));
                }
                _ => {
                    let codes: Vec<u8> = draws[..16].iter().map(|draw| *draw as u8).collect();
                    let all = codes.iter().map(|code| code & 15).chain(codes.iter().map(|code| code >> 4));
                    match format {
                        BlockFormat::Q4_0 => weights.extend(all.map(|code| (f32::from(code) - 8.0) * scale)),
                        _ => {
                            bytes.extend(least.to_le_bytes());
                            weights.extend(all.map(|code| f32::from(code) * scale + least.to_f32()));
                        }
                    }
                    bytes.extend(codes);
                }
            }
        }
        (bytes, weights)
    }

    /// The bits of a product and of a gate with the instructions of `set`.
    fn products(set: InstructionSet, x: &[f32], weights: &PackedMatrix) -> Vec<u32> {
        let mut y = vec![f32::NAN; x.len() / weights.inputs() * weights.outputs()];
        linear_on(set, x, weights, Onto::Nothing(None), &mut y).unwrap();
        let mut gated = y.clone();
        gated_on(set, x, weights, weights, &mut gated);
        y.iter().chain(&gated).map(|y| y.to_bits()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn blocks_give_the_bits_of_the_weights_that_they_stand_for(
            rows in 1..20usize, across in 1..12usize, outputs in 1..90usize, seed: u64,
        ) {
            let x = numbers(seed, rows * across * 32);
            for format in FORMATS {
                let (bytes, weights) = blocks(format, seed, outputs * across);
                let narrow = PackedMatrix::from_blocks(&bytes, format, outputs, across * 32).unwrap();
                let wide = PackedMatrix::from_f32(&weights, outputs, across * 32).unwrap();
                for set in InstructionSet::available() {
                    let (found, expected) = (products(set, &x, &narrow), products(set, &x, &wide));
                    prop_assert_eq!(found, expected, "{:?}, {}", format, set);
                }
            }
        }

        #[test]
        fn sixteen_bits_give_the_bits_of_the_same_weights_in_32(
            rows in 1..20usize, inputs in 1..300usize, outputs in 1..90usize, seed: u64,
        ) {
            let (x, weights) = (numbers(seed, rows * inputs), numbers(!seed, outputs * inputs));
            let f16s: Vec<f16> = weights.iter().copied().map(f16::from_f32).collect();
            let bf16s: Vec<bf16> = weights.iter().copied().map(bf16::from_f32).collect();
            let same: [Vec<f32>; 2] =
                [f16s.iter().map(|weight| weight.to_f32()).collect(), bf16s.iter().map(|weight| weight.to_f32()).collect()];
            let narrow = [PackedMatrix::from_f16(&f16s, outputs, inputs), PackedMatrix::from_bf16(&bf16s, outputs, inputs)];
            for (narrow, same) in narrow.into_iter().zip(same) {
                let (narrow, wide) = (narrow.unwrap(), PackedMatrix::from_f32(&same, outputs, inputs).unwrap());
                for set in InstructionSet::available() {
                    prop_assert_eq!(products(set, &x, &narrow), products(set, &x, &wide), "{}", set);
                }
            }
        }
    }
}
