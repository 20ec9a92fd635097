//! Weights in the blocks of GGUF files, kept in their bits.
//!
//! ```text
//!   file: a row's 32 inputs                        packed: 32 inputs of 16 rows
//!   ┌───────┬───────┬──────────────────┐           ┌────────────┬────────────┬──────────────────────┐
//!   │ scale │ least │ codes 0 to 31    │  16 x ──▶ │ 16 scales  │ 16 leasts  │ codes, input by input│
//!   └───────┴───────┴──────────────────┘           └────────────┴────────────┴──────────────────────┘
//! ```
//! A weight is `code * scale + least` (or without `least`). A code has 8 bits and a scale 11 that count, so their product is
//! exact in f32, and the weight is that of any program that computes it in f32.

use half::f16;

use crate::arithmetic::{Arithmetic, LANES};
use crate::error::{KernelError, check_length};
use crate::layout::Layout;

/// Weights of a block, in all formats here.
const BLOCK: usize = 32;
/// 4-bit codes in a word.
const CODES: usize = 8;

/// How a GGUF file holds 32 weights of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockFormat {
    /// A scale in f16, and codes of 4 bits from -8 to 7: 18 bytes.
    Q4_0,
    /// A scale and the least weight in f16, and codes of 4 bits from 0 to 15: 20 bytes.
    Q4_1,
    /// A scale in f16, and codes of 8 bits with sign: 34 bytes.
    Q8_0,
}

/// 32 inputs of a panel from [`BlockFormat::Q4_0`].
#[derive(Debug, Clone, Copy)]
#[repr(C, align(32))]
pub(crate) struct Nibbles {
    scales: [f16; LANES],
    codes: [[u32; LANES]; BLOCK / CODES],
}

/// 32 inputs of a panel from [`BlockFormat::Q4_1`].
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct RaisedNibbles {
    scales: [f16; LANES],
    least: [f16; LANES],
    codes: [[u32; LANES]; BLOCK / CODES],
}

/// 32 inputs of a panel from [`BlockFormat::Q8_0`].
#[derive(Debug, Clone, Copy)]
#[repr(C, align(32))]
pub(crate) struct Bytes {
    scales: [f16; LANES],
    codes: [[i8; LANES]; BLOCK],
}

/// What is made of the blocks of a file.
pub(crate) trait FromBlocks: Layout {
    /// 16 blocks of zeros.
    const ZERO: Self;
    /// Bytes of a block.
    const BYTES: usize;
    /// Puts a block's weights into the column of the output `lane`.
    fn set(&mut self, lane: usize, block: &[u8]);
}

/// Packs blocks, `[outputs, inputs / 32]` row by row as files hold them.
pub(crate) fn pack<L: FromBlocks>(bytes: &[u8], outputs: usize, inputs: usize) -> Result<Vec<L>, KernelError> {
    for (what, size) in [("the number of outputs of a matrix", outputs), ("the number of inputs of a matrix", inputs)] {
        if size == 0 {
            return Err(KernelError::Zero { what });
        }
    }
    if !inputs.is_multiple_of(BLOCK) {
        let (what, other) = ("the number of inputs of a matrix", "the weights of a block");
        let rule = "a row is a whole number of blocks";
        return Err(KernelError::Mismatch { what, found: inputs, other, size: BLOCK, rule });
    }
    let across = inputs / BLOCK;
    check_length("the bytes of a matrix in blocks", outputs * across * L::BYTES, bytes.len())?;
    let mut packed = vec![L::ZERO; outputs.div_ceil(LANES) * across];
    for (output, row) in bytes.chunks_exact(across * L::BYTES).enumerate() {
        let panel = &mut packed[output / LANES * across..][..across];
        for (piece, block) in panel.iter_mut().zip(row.chunks_exact(L::BYTES)) {
            piece.set(output % LANES, block);
        }
    }
    Ok(packed)
}

/// The number that begins at `place`.
fn half_at(block: &[u8], place: usize) -> f16 {
    f16::from_le_bytes([block[place], block[place + 1]])
}

/// Puts 32 codes into one column. In a file, a byte holds the codes of an input and of the one 16 further.
fn set_nibbles(words: &mut [[u32; LANES]; BLOCK / CODES], lane: usize, bytes: &[u8]) {
    for (index, byte) in bytes.iter().enumerate() {
        for (input, code) in [(index, byte & 15), (index + BLOCK / 2, byte >> 4)] {
            words[input / CODES][lane] |= u32::from(code) << (input % CODES * 4);
        }
    }
}

impl FromBlocks for Nibbles {
    const ZERO: Self = Self { scales: [f16::ZERO; LANES], codes: [[0; LANES]; BLOCK / CODES] };
    const BYTES: usize = 18;

    fn set(&mut self, lane: usize, block: &[u8]) {
        self.scales[lane] = half_at(block, 0);
        set_nibbles(&mut self.codes, lane, &block[2..]);
    }
}

impl FromBlocks for RaisedNibbles {
    const ZERO: Self =
        Self { scales: [f16::ZERO; LANES], least: [f16::ZERO; LANES], codes: [[0; LANES]; BLOCK / CODES] };
    const BYTES: usize = 20;

    fn set(&mut self, lane: usize, block: &[u8]) {
        self.scales[lane] = half_at(block, 0);
        self.least[lane] = half_at(block, 2);
        set_nibbles(&mut self.codes, lane, &block[4..]);
    }
}

impl FromBlocks for Bytes {
    const ZERO: Self = Self { scales: [f16::ZERO; LANES], codes: [[0; LANES]; BLOCK] };
    const BYTES: usize = 34;

    fn set(&mut self, lane: usize, block: &[u8]) {
        self.scales[lane] = half_at(block, 0);
        for (codes, byte) in self.codes.iter_mut().zip(&block[2..]) {
            codes[lane] = i8::from_le_bytes([*byte]);
        }
    }
}

impl Layout for Nibbles {
    const INPUTS: usize = BLOCK;
    const STEP: usize = CODES;
    type Shared<A: Arithmetic> = A::Vector;
    type Fetched<'a, A: Arithmetic> = A::Codes;

    #[inline(always)]
    fn shared<A: Arithmetic>(&self) -> A::Vector {
        A::load_f16(&self.scales)
    }

    #[inline(always)]
    fn fetch<A: Arithmetic>(&self, step: usize) -> A::Codes {
        A::load_codes(&self.codes[step])
    }

    #[inline(always)]
    fn next<A: Arithmetic>(fetched: &mut A::Codes, scales: &A::Vector) -> A::Vector {
        let codes = A::lowest_codes::<8>(*fetched);
        *fetched = A::next_codes(*fetched);
        A::multiply(codes, *scales)
    }
}

impl Layout for RaisedNibbles {
    const INPUTS: usize = BLOCK;
    const STEP: usize = CODES;
    type Shared<A: Arithmetic> = [A::Vector; 2];
    type Fetched<'a, A: Arithmetic> = A::Codes;

    #[inline(always)]
    fn shared<A: Arithmetic>(&self) -> [A::Vector; 2] {
        [A::load_f16(&self.scales), A::load_f16(&self.least)]
    }

    #[inline(always)]
    fn fetch<A: Arithmetic>(&self, step: usize) -> A::Codes {
        A::load_codes(&self.codes[step])
    }

    #[inline(always)]
    fn next<A: Arithmetic>(fetched: &mut A::Codes, [scales, least]: &[A::Vector; 2]) -> A::Vector {
        let codes = A::lowest_codes::<0>(*fetched);
        *fetched = A::next_codes(*fetched);
        A::scale_codes(codes, *scales, *least)
    }
}

impl Layout for Bytes {
    const INPUTS: usize = BLOCK;
    const STEP: usize = CODES;
    type Shared<A: Arithmetic> = A::Vector;
    /// The codes of the piece, and which is next.
    type Fetched<'a, A: Arithmetic> = (&'a [[i8; LANES]; BLOCK], usize);

    #[inline(always)]
    fn shared<A: Arithmetic>(&self) -> A::Vector {
        A::load_f16(&self.scales)
    }

    #[inline(always)]
    fn fetch<A: Arithmetic>(&self, step: usize) -> (&[[i8; LANES]; BLOCK], usize) {
        (&self.codes, step * Self::STEP)
    }

    #[inline(always)]
    fn next<A: Arithmetic>((codes, input): &mut (&[[i8; LANES]; BLOCK], usize), scales: &A::Vector) -> A::Vector {
        let numbers = A::load_i8(&codes[*input]);
        *input += 1;
        A::multiply(numbers, *scales)
    }
}
