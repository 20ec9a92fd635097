//! Batches through the model, and their values handed back.

use touchstone::Context;

use super::head::LoadedHead;
use super::{Piece, PrefixTree, ReadingHead, TokenBudget, Unit, pack};
use crate::decoder::{Batch, Decoder};
use crate::{Error, Result};

/// Which sequence of which unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SequenceId {
    /// The unit's number.
    pub unit: usize,
    /// The sequence's number among the unit's.
    pub sequence: usize,
}

/// The values of a sequence: for each of its positions one for each output of the head.
pub type Values = Vec<Vec<f32>>;

/// Reads every sequence at its positions and hands its values to `done` as soon as its batch is through: each sequence
/// once, in no particular order, all from this thread.
///
/// Stops between batches when the context asks for it; what was handed over is whole. The context is told how many tokens
/// were computed.
///
/// # Errors
/// [`Error::Cancelled`]; a position beyond its sequence's tokens; what the decoder gives.
pub fn read(
    decoder: &Decoder,
    head: &ReadingHead,
    units: &[Unit],
    budget: TokenBudget,
    context: &Context,
    done: &mut dyn FnMut(SequenceId, Values),
) -> Result<()> {
    check(units)?;
    for (unit, of) in units.iter().enumerate() {
        let unread = of.sequences.iter().enumerate().filter(|(_, sequence)| sequence.positions.is_empty());
        unread.for_each(|(sequence, _)| done(SequenceId { unit, sequence }, Values::new()));
    }
    let head = head.load(decoder)?;
    for pieces in batches(decoder, units, budget) {
        if context.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let batch = Reading::of(units, pieces);
        let values = batch.values(decoder, &head)?;
        context.count("tokens", batch.batch.tokens.len() as u64);
        batch.hand_over(&values, done);
    }
    Ok(())
}

/// On the CPU, where what shares a batch changes no bit, whole batches. Elsewhere it may change the last digits, so a unit has
/// its batch for itself: then a job that is resumed gives what an undisturbed one gives.
fn batches(decoder: &Decoder, units: &[Unit], budget: TokenBudget) -> Vec<Vec<Piece>> {
    if decoder.device().is_cpu() {
        return pack(units, budget);
    }
    let alone = |(unit, of): (usize, &Unit)| {
        let mut batches = pack(std::slice::from_ref(of), budget);
        batches.iter_mut().flatten().for_each(|piece| piece.unit = unit);
        batches
    };
    units.iter().enumerate().flat_map(alone).collect()
}

fn check(units: &[Unit]) -> Result<()> {
    for sequence in units.iter().flat_map(|unit| &unit.sequences) {
        let ascending = sequence.positions.is_sorted_by(|left, right| left < right);
        if !ascending || sequence.positions.last().is_some_and(|last| *last >= sequence.tokens.len()) {
            let message = format!(
                "the positions to read must ascend and lie within the sequence's {} tokens; they are {:?}",
                sequence.tokens.len(),
                sequence.positions
            );
            return Err(Error::Batch { message });
        }
    }
    Ok(())
}

/// A batch with what is to be read of it.
struct Reading {
    batch: Batch,
    /// The rows to read, ascending, each once: sequences that share a position share its row.
    rows: Vec<usize>,
    sequences: Vec<Read>,
}

/// Where a sequence's values lie.
struct Read {
    id: SequenceId,
    /// For each position its place in the batch's rows to read.
    places: Vec<usize>,
}

impl Reading {
    fn of(units: &[Unit], pieces: Vec<Piece>) -> Self {
        let mut batch = Batch::default();
        let mut sequences = Vec::new();
        for piece in pieces {
            let tree = PrefixTree::new(piece.sequences.iter().map(|index| &units[piece.unit].sequences[*index]));
            let first_row = batch.tokens.len();
            add(&mut batch, &tree);
            for (sequence, rows) in piece.sequences.iter().zip(tree.rows()) {
                let id = SequenceId { unit: piece.unit, sequence: *sequence };
                sequences.push(Read { id, places: rows.iter().map(|row| first_row + row).collect() });
            }
        }
        let mut rows: Vec<usize> = sequences.iter().flat_map(|read| read.places.iter().copied()).collect();
        rows.sort_unstable();
        rows.dedup();
        for place in sequences.iter_mut().flat_map(|read| &mut read.places) {
            *place = rows.partition_point(|row| row < place);
        }
        Self { batch, rows, sequences }
    }

    /// The head's values at the rows to read.
    fn values(&self, decoder: &Decoder, head: &LoadedHead<'_>) -> Result<Vec<Vec<f32>>> {
        head.apply(&decoder.hidden(&self.batch, &self.rows)?)
    }

    fn hand_over(&self, values: &[Vec<f32>], done: &mut dyn FnMut(SequenceId, Values)) {
        for Read { id, places } in &self.sequences {
            done(*id, places.iter().map(|place| values[*place].clone()).collect());
        }
    }
}

/// Puts a tree behind what the batch holds already.
fn add(batch: &mut Batch, tree: &PrefixTree) {
    let first = batch.segments.len();
    for node in tree.nodes() {
        batch.push(&node.tokens, node.parent.map(|parent| first + parent));
    }
}
