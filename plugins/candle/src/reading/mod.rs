//! Reading many texts at chosen positions, computing each shared beginning once and filling each batch.
//!
//! A verifier says *what* to read: for each CoT its tokens and the positions at which the model's output counts
//! ([`Sequence`]), grouped by question ([`Unit`]), and which part of the output it wants ([`ReadingHead`]). [`read`] decides
//! *how*, in three steps, each a module:
//!
//! ```text
//! units ──tree──▶ distinct tokens ──packing──▶ batches under a token budget ──read──▶ values at the positions
//! ```
//!
//! 1. `tree`: the sequences of a unit become a prefix tree, so the question is computed once for all its CoTs, and so is
//!    any longer beginning that some of them share.
//! 2. `packing`: whole units are put together until a batch holds as many tokens as the [`TokenBudget`] allows. There is no
//!    padding: a batch is a row of distinct tokens.
//! 3. `read`: each batch passes all layers at once and keeps no KV cache; in the last one only the positions that are read go
//!    on, and only they meet the head.
//!
//! On the packed CPU arithmetic none of this changes a bit of any value: how a sequence is cut, what it shares a batch with
//! and how much memory is free mean nothing to the order in which its numbers are added.

mod budget;
mod head;
mod packing;
mod read;
mod tree;

pub use budget::{MOST_TOKENS, TokenBudget};
pub use head::ReadingHead;
pub use packing::{Piece, pack};
pub use read::{SequenceId, Values, read};
pub use tree::{Node, PrefixTree};

/// What to read of one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// The text's tokens from the first one on.
    pub tokens: Vec<u32>,
    /// The places in `tokens`, ascending, whose output is read. What follows the last of them is not computed.
    pub positions: Vec<usize>,
}

impl Sequence {
    /// The tokens that the outputs at the positions depend on: everything up to the last position.
    pub fn needed(&self) -> &[u32] {
        let length = self.positions.last().map_or(0, |last| last + 1);
        &self.tokens[..length.min(self.tokens.len())]
    }
}

/// Sequences that are likely to share their beginning: a question with its CoTs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// One for each CoT.
    pub sequences: Vec<Sequence>,
}
