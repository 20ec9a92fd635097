//! What can be wrong with a call: the lengths of its slices.

use std::ops::Range;

/// Why a call was refused. Everything is checked before the first number is computed, so a refused call writes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KernelError {
    /// A slice is longer or shorter than the shapes of the call make it.
    #[error(
        "{operand} holds {found} numbers where the shapes of the call make it {expected}: hand in a slice of {expected}"
    )]
    Length {
        /// Which slice.
        operand: &'static str,
        /// How many numbers it must hold.
        expected: usize,
        /// How many it holds.
        found: usize,
    },
    /// A slice that should hold whole rows ends within one.
    #[error("{operand} holds {found} numbers, which is no whole number of rows of {width}: hand in whole rows")]
    PartialRow {
        /// Which slice.
        operand: &'static str,
        /// Numbers in a row.
        width: usize,
        /// How many numbers the slice holds.
        found: usize,
    },
    /// A size that must be at least one is zero.
    #[error("{what} is 0: it must be at least 1")]
    Zero {
        /// Which size.
        what: &'static str,
    },
    /// Two sizes do not fit each other.
    #[error("{what} is {found}, which does not fit {other} = {size}: {rule}")]
    Mismatch {
        /// The size that is wrong.
        what: &'static str,
        /// Its value.
        found: usize,
        /// The size it has to fit.
        other: &'static str,
        /// That one's value.
        size: usize,
        /// What must hold.
        rule: &'static str,
    },
    /// A segment's queries lie outside the batch, or in another segment, too.
    #[error(
        "segment {segment} has the queries {queries:?} of a batch of {rows} rows, some outside the batch or in an earlier \
         segment: each row belongs to one segment at most"
    )]
    Queries {
        /// Number of the segment, from 0.
        segment: usize,
        /// Its rows.
        queries: Range<usize>,
        /// Rows of the batch.
        rows: usize,
    },
    /// A query is said to see more keys than there are.
    #[error(
        "query {query} of segment {segment} sees {visible} keys, but the segment has {keys}: hand in all of its runs"
    )]
    Visible {
        /// Number of the segment, from 0.
        segment: usize,
        /// Number of the query within the segment, from 0.
        query: usize,
        /// How many keys it is said to see.
        visible: usize,
        /// How many the segment's runs hold.
        keys: usize,
    },
}

/// `found` must equal `expected`.
pub(crate) fn check_length(operand: &'static str, expected: usize, found: usize) -> Result<(), KernelError> {
    if expected == found { Ok(()) } else { Err(KernelError::Length { operand, expected, found }) }
}

/// Number of rows of `width` in a slice of `found` numbers; the slice must end with a row.
pub(crate) fn whole_rows(operand: &'static str, width: usize, found: usize) -> Result<usize, KernelError> {
    if width == 0 {
        return Err(KernelError::Zero { what: "the width of a row" });
    }
    if found.is_multiple_of(width) { Ok(found / width) } else { Err(KernelError::PartialRow { operand, width, found }) }
}
