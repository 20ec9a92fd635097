//! A matrix of weights, packed once for all products.

use half::{bf16, f16};

use crate::arithmetic::{Arithmetic, LANES, Lanes};
use crate::error::{KernelError, check_length};
use crate::instructions::Kernel;
use crate::layout::Layout;
use crate::narrow::{FEW, NarrowPanels, few};
use crate::quantised::{self, BlockFormat, Bytes, Nibbles, RaisedNibbles};
use crate::tile::{Panels, Rows, Tiles};

/// How many inputs of a panel are worked on at a time: 48 KB of f32, which the second-level cache holds beside the rows.
const BLOCK: usize = 768;
/// How many inputs of a panel are widened at a time: two panels take 16 KB, which the first-level cache holds beside the rows.
const WIDENED: usize = 128;

/// The weights of a linear layer in the order in which a product reads them.
///
/// 16 outputs make a panel; a panel holds the weights of these outputs input by input, so that a product reads memory
/// from front to back. The last panel is filled up with zeros. Weights that come in 16 bits stay in 16 bits and those that
/// come in quantised blocks stay in these, and are widened where they are used: a product with them has the bits of a
/// product with the same values in f32.
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
    Q4_0(Vec<Nibbles>),
    Q4_1(Vec<RaisedNibbles>),
    Q8_0(Vec<Bytes>),
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

    /// Packs the blocks of a GGUF file, `[outputs, inputs / 32]` row by row, and keeps them in their bits. A product has the
    /// bits of one with the weights that the blocks stand for.
    ///
    /// # Errors
    /// If a size is 0, `inputs` is no whole number of blocks, or `bytes` has another length than both make.
    pub fn from_blocks(bytes: &[u8], format: BlockFormat, outputs: usize, inputs: usize) -> Result<Self, KernelError> {
        let panels = match format {
            BlockFormat::Q4_0 => Storage::Q4_0(quantised::pack(bytes, outputs, inputs)?),
            BlockFormat::Q4_1 => Storage::Q4_1(quantised::pack(bytes, outputs, inputs)?),
            BlockFormat::Q8_0 => Storage::Q8_0(quantised::pack(bytes, outputs, inputs)?),
        };
        Ok(Self { outputs, inputs, panels })
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
            Storage::Q4_0(panels) => size_of_val(panels.as_slice()),
            Storage::Q4_1(panels) => size_of_val(panels.as_slice()),
            Storage::Q8_0(panels) => size_of_val(panels.as_slice()),
        }
    }

    /// `x` times `count` panels from `panel` on: `sums` gets the rows of the first panel, then of the next. `widened` is where
    /// narrow weights may be put as f32.
    #[inline(always)]
    pub(crate) fn multiply<A: Arithmetic>(
        &self,
        x: Rows<'_>,
        panel: usize,
        count: usize,
        sums: &mut [Lanes],
        widened: &mut Vec<Lanes>,
    ) {
        A::enter(Multiply { matrix: self, x, panel, count, sums, widened });
    }

    #[inline(always)]
    fn narrow<'a, L: Layout>(&self, panels: &'a [L], panel: usize, count: usize) -> NarrowPanels<'a, L> {
        let pieces = self.inputs / L::INPUTS;
        NarrowPanels::new(&panels[panel * pieces..][..count * pieces], pieces)
    }
}

/// [`PackedMatrix::multiply`], a function of its own for each instruction set: it is large, and several kernels call it.
struct Multiply<'a, 'b> {
    matrix: &'a PackedMatrix,
    x: Rows<'a>,
    panel: usize,
    count: usize,
    sums: &'b mut [Lanes],
    widened: &'b mut Vec<Lanes>,
}

impl Kernel for Multiply<'_, '_> {
    type Output = ();

    /// For a few rows, narrow weights are widened in registers, where all rows meet them. For more rows they are widened into
    /// a buffer, a bit of each panel after the other, and meet the rows in the tiles of weights in f32.
    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Self { matrix, x, panel, count, sums, widened } = self;
        if x.count() <= FEW {
            match &matrix.panels {
                Storage::F32(_) => {}
                Storage::F16(panels) => return few::<A, _>(x, matrix.narrow(panels, panel, count), sums),
                Storage::Bf16(panels) => return few::<A, _>(x, matrix.narrow(panels, panel, count), sums),
                Storage::Q4_0(panels) => return few::<A, _>(x, matrix.narrow(panels, panel, count), sums),
                Storage::Q4_1(panels) => return few::<A, _>(x, matrix.narrow(panels, panel, count), sums),
                Storage::Q8_0(panels) => return few::<A, _>(x, matrix.narrow(panels, panel, count), sums),
            }
        }
        sums.fill(Lanes::ZERO);
        let size = match &matrix.panels {
            Storage::F32(_) => matrix.inputs.div_ceil(matrix.inputs.div_ceil(BLOCK)),
            _ => WIDENED,
        };
        for first in (0..matrix.inputs).step_by(size) {
            let inputs = first..matrix.inputs.min(first + size);
            let panels = match &matrix.panels {
                Storage::F32(panels) => {
                    let panels = &panels[panel * matrix.inputs + first..];
                    Panels::new(panels, matrix.inputs, count, inputs.len())
                }
                Storage::F16(panels) => matrix.narrow(panels, panel, count).widen::<A>(inputs.clone(), widened),
                Storage::Bf16(panels) => matrix.narrow(panels, panel, count).widen::<A>(inputs.clone(), widened),
                Storage::Q4_0(panels) => matrix.narrow(panels, panel, count).widen::<A>(inputs.clone(), widened),
                Storage::Q4_1(panels) => matrix.narrow(panels, panel, count).widen::<A>(inputs.clone(), widened),
                Storage::Q8_0(panels) => matrix.narrow(panels, panel, count).widen::<A>(inputs.clone(), widened),
            };
            A::accumulate(x.columns(first, inputs.len()), panels, Tiles::new(sums, x.count()));
        }
    }
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
