//! A matrix of weights, packed once for all products.

use half::{bf16, f16};

use crate::arithmetic::{Arithmetic, LANES, Lanes};
use crate::error::{KernelError, check_length};
use crate::tile::Panels;

/// How many inputs of a panel are worked on at a time: 48 KB of f32, which the second-level cache holds beside the rows.
const BLOCK: usize = 768;

/// The weights of a linear layer in the order in which a product reads them.
///
/// 16 outputs make a panel; a panel holds the weights of these outputs input by input, so that a product reads memory
/// from front to back. The last panel is filled up with zeros. Weights that come in 16 bits stay in 16 bits, and are
/// widened where they are used: a product with them has the bits of a product with the same values in f32.
#[derive(Debug, Clone)]
pub struct PackedMatrix {
    outputs: usize,
    inputs: usize,
    panels: Storage,
}

#[derive(Debug, Clone)]
enum Storage {
    F32(Vec<Lanes>),
    Bf16(Vec<[bf16; LANES]>),
    F16(Vec<[f16; LANES]>),
}

impl PackedMatrix {
    /// Packs `weights`, `[outputs, inputs]` row by row as checkpoints hold them, and keeps them in 32 bits.
    ///
    /// # Errors
    /// If a size is 0 or `weights` has another length than both make.
    pub fn from_f32(weights: &[f32], outputs: usize, inputs: usize) -> Result<Self, KernelError> {
        Ok(Self { outputs, inputs, panels: Storage::F32(pack(weights, outputs, inputs, Lanes::ZERO)?) })
    }

    /// Packs `weights`, `[outputs, inputs]` row by row, and keeps them in 16 bits.
    ///
    /// # Errors
    /// If a size is 0 or `weights` has another length than both make.
    pub fn from_bf16(weights: &[bf16], outputs: usize, inputs: usize) -> Result<Self, KernelError> {
        Ok(Self { outputs, inputs, panels: Storage::Bf16(pack(weights, outputs, inputs, [bf16::ZERO; LANES])?) })
    }

    /// Packs `weights`, `[outputs, inputs]` row by row, and keeps them in 16 bits.
    ///
    /// # Errors
    /// If a size is 0 or `weights` has another length than both make.
    pub fn from_f16(weights: &[f16], outputs: usize, inputs: usize) -> Result<Self, KernelError> {
        Ok(Self { outputs, inputs, panels: Storage::F16(pack(weights, outputs, inputs, [f16::ZERO; LANES])?) })
    }

    /// Numbers in a row of the product.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Numbers in a row of what is multiplied.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Memory that the weights take, in bytes.
    pub fn bytes(&self) -> usize {
        match &self.panels {
            Storage::F32(panels) => size_of_val(panels.as_slice()),
            Storage::Bf16(panels) => size_of_val(panels.as_slice()),
            Storage::F16(panels) => size_of_val(panels.as_slice()),
        }
    }

    /// Cuts the inputs into equal blocks of at most [`BLOCK`]: first input and number of inputs of each.
    #[inline(always)]
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Block> + use<> {
        let inputs = self.inputs;
        let size = inputs.div_ceil(inputs.div_ceil(BLOCK));
        (0..inputs).step_by(size).map(move |first| Block { first, inputs: size.min(inputs - first) })
    }

    /// `count` panels from `panel` on, of each the inputs of `block`; `widened` is where 16-bit weights are put as f32.
    #[inline(always)]
    pub(crate) fn block<'a, A: Arithmetic>(
        &'a self,
        panel: usize,
        count: usize,
        block: Block,
        widened: &'a mut Vec<Lanes>,
    ) -> Panels<'a> {
        let first = panel * self.inputs + block.first;
        match &self.panels {
            Storage::F32(panels) => Panels::new(&panels[first..], self.inputs, count, block.inputs),
            Storage::Bf16(panels) => {
                widened.resize(count * block.inputs, Lanes::ZERO);
                for (index, wide) in widened.chunks_mut(block.inputs).enumerate() {
                    let narrow = &panels[first + index * self.inputs..][..block.inputs];
                    for (wide, narrow) in wide.iter_mut().zip(narrow) {
                        for (wide, narrow) in wide.iter_mut().zip(narrow) {
                            *wide = f32::from_bits(u32::from(narrow.to_bits()) << 16);
                        }
                    }
                }
                Panels::new(widened, block.inputs, count, block.inputs)
            }
            Storage::F16(panels) => {
                widened.resize(count * block.inputs, Lanes::ZERO);
                for (index, wide) in widened.chunks_mut(block.inputs).enumerate() {
                    let narrow = &panels[first + index * self.inputs..][..block.inputs];
                    for (wide, narrow) in wide.iter_mut().zip(narrow) {
                        A::widen(narrow, wide);
                    }
                }
                Panels::new(widened, block.inputs, count, block.inputs)
            }
        }
    }
}

/// Some consecutive inputs of a matrix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block {
    /// The first of them.
    pub(crate) first: usize,
    /// How many there are.
    pub(crate) inputs: usize,
}

fn pack<T, L>(weights: &[T], outputs: usize, inputs: usize, zeros: L) -> Result<Vec<L>, KernelError>
where
    T: Copy,
    L: Clone + AsMut<[T]>,
{
    if outputs == 0 {
        return Err(KernelError::Zero { what: "the number of outputs of a matrix" });
    }
    if inputs == 0 {
        return Err(KernelError::Zero { what: "the number of inputs of a matrix" });
    }
    check_length("the matrix of weights", outputs * inputs, weights.len())?;
    let mut packed = vec![zeros; outputs.div_ceil(LANES) * inputs];
    for (panel, rows) in packed.chunks_mut(inputs).zip(weights.chunks(LANES * inputs)) {
        for (lane, row) in rows.chunks(inputs).enumerate() {
            for (lanes, weight) in panel.iter_mut().zip(row) {
                lanes.as_mut()[lane] = *weight;
            }
        }
    }
    Ok(packed)
}
