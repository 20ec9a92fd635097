//! Causal attention over runs of keys that sequences may share.
//!
//! ```text
//!  segment 0: question          rows 0..5    sees its own run                 [k0]
//!  segment 1: first solution    rows 5..9    sees the question, then its own  [k0][k1]
//!  segment 2: second solution   rows 9..12   sees the question, then its own  [k0][k2]
//! ```
//! A run that several segments see is packed once. A query's keys are gone through in the order of their positions, one
//! chain of multiply-adds for each number of the result, so its bits are the same however its keys are cut into runs,
//! whatever other segments there are, and whatever stands in keys that it does not see.

mod backward;
mod block;
mod keys;

use std::ops::Range;

use rayon::prelude::*;

use crate::error::{KernelError, check_length, whole_rows};
use crate::instructions::InstructionSet;
use block::QueryBlock;
use keys::PackedRuns;

pub use backward::{AttentionGradients, AttentionInputs, attention_backward};
pub use keys::PackedKeys;

/// Memory for the scores of a block of queries: half of a second-level cache.
const SCORE_BYTES: usize = 192 * 1024;
/// Score rows of a block (queries times heads that share keys): enough to make use of packed keys, few enough to share out.
const MOST_ROWS: usize = 48;
const LEAST_ROWS: usize = 12;
/// Multiply-adds that are not worth sharing out.
const SMALL: usize = 600_000;

/// The shape of an attention layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttentionShape {
    /// Heads of the queries.
    pub heads: usize,
    /// Heads of keys and values: each serves `heads / kv_heads` neighbouring heads of the queries.
    pub kv_heads: usize,
    /// Numbers in a head.
    pub head_dim: usize,
    /// What the products of queries and keys are multiplied with: commonly `1 / sqrt(head_dim)`.
    pub scale: f32,
}

impl AttentionShape {
    fn check(&self) -> Result<(), KernelError> {
        for (what, size) in [("heads", self.heads), ("kv_heads", self.kv_heads), ("head_dim", self.head_dim)] {
            if size == 0 {
                return Err(KernelError::Zero { what });
            }
        }
        if !self.heads.is_multiple_of(self.kv_heads) {
            let (what, found, other, size) = ("heads", self.heads, "kv_heads", self.kv_heads);
            return Err(KernelError::Mismatch { what, found, other, size, rule: "heads are a multiple of kv_heads" });
        }
        Ok(())
    }
}

/// A run of keys and values at consecutive positions: both `[n, kv_heads * head_dim]`.
#[derive(Debug, Clone, Copy)]
pub struct Keys<'a> {
    /// The keys, already rotated.
    pub k: &'a [f32],
    /// The values.
    pub v: &'a [f32],
}

/// A run of keys as a call is given it.
#[derive(Debug, Clone, Copy)]
pub enum Run<'a> {
    /// Rows, which the call packs.
    Rows(Keys<'a>),
    /// Packed before.
    Packed(&'a PackedKeys),
}

impl Run<'_> {
    fn is_empty(&self) -> bool {
        match self {
            Self::Rows(rows) => rows.k.is_empty(),
            Self::Packed(packed) => packed.is_empty(),
        }
    }
}

impl<'a> From<Keys<'a>> for Run<'a> {
    fn from(rows: Keys<'a>) -> Self {
        Self::Rows(rows)
    }
}

/// Queries that see the same keys, each from the first key up to a number of its own.
#[derive(Debug, Clone)]
pub struct Segment<'a> {
    /// Rows of the batch that are this segment's queries.
    pub queries: Range<usize>,
    /// For each of the queries: how many leading keys it sees. Query `i` of a causal segment whose own run comes after
    /// `p` keys sees `p + i + 1`.
    pub visible: Vec<usize>,
    /// The runs, in the order of their positions: a cached prefix, shared ancestors, the segment's own rows.
    pub keys: Vec<Run<'a>>,
}

/// Attention of all segments: `out[r] = softmax(scale * q[r] k^T) v` over the keys that row `r` sees, head by head.
///
/// `q` and `out` are `[rows, heads * head_dim]`. Rows of `out` that belong to no segment stay as they are; a query that
/// sees no key gets zeros.
///
/// # Errors
/// If sizes do not fit, segments share a row, or a query is said to see more keys than its segment has.
pub fn attention(
    q: &[f32],
    shape: &AttentionShape,
    segments: &[Segment<'_>],
    out: &mut [f32],
) -> Result<(), KernelError> {
    attention_on(InstructionSet::best(), q, shape, segments, out)
}

/// The same with the instructions of `set`.
pub(crate) fn attention_on(
    set: InstructionSet,
    q: &[f32],
    shape: &AttentionShape,
    segments: &[Segment<'_>],
    out: &mut [f32],
) -> Result<(), KernelError> {
    check(q, shape, segments, out)?;
    let runs = PackedRuns::pack(shape, segments);
    let blocks = share_out(q, shape, segments, &runs, out)?;
    // Below so many multiply-adds another thread takes longer to wake than to help.
    let work: usize =
        segments.iter().flat_map(|segment| &segment.visible).sum::<usize>() * 2 * shape.heads * shape.head_dim;
    match work < SMALL {
        true => blocks.into_iter().for_each(|block| set.run(block)),
        false => blocks.into_par_iter().for_each(|block| set.run(block)),
    }
    Ok(())
}

fn check(q: &[f32], shape: &AttentionShape, segments: &[Segment<'_>], out: &[f32]) -> Result<(), KernelError> {
    shape.check()?;
    whole_rows("q of attention", shape.heads * shape.head_dim, q.len())?;
    check_length("out of attention", q.len(), out.len())?;
    let width = shape.kv_heads * shape.head_dim;
    for (index, segment) in segments.iter().enumerate() {
        let mut keys = 0;
        for run in &segment.keys {
            keys += match run {
                Run::Rows(rows) => {
                    check_length("a run of values", rows.k.len(), rows.v.len())?;
                    whole_rows("a run of keys", width, rows.k.len())?
                }
                Run::Packed(packed) => {
                    packed.check(shape)?;
                    packed.len()
                }
            };
        }
        check_length("`visible` of a segment", segment.queries.len(), segment.visible.len())?;
        if let Some(query) = segment.visible.iter().position(|visible| *visible > keys) {
            let visible = segment.visible[query];
            return Err(KernelError::Visible { segment: index, query, visible, keys });
        }
    }
    Ok(())
}

/// Cuts the work into blocks of queries of one segment and one head of keys, each with its part of `out`.
fn share_out<'a>(
    q: &'a [f32],
    shape: &'a AttentionShape,
    segments: &'a [Segment<'_>],
    runs: &'a PackedRuns<'a>,
    out: &'a mut [f32],
) -> Result<Vec<QueryBlock<'a>>, KernelError> {
    let group = shape.heads / shape.kv_heads;
    let mut rows: Vec<Option<&mut [f32]>> = out.chunks_mut(shape.heads * shape.head_dim).map(Some).collect();
    let all = rows.len();
    let mut blocks = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        let refused = || KernelError::Queries { segment: index, queries: segment.queries.clone(), rows: all };
        let mut heads: Vec<Vec<&mut [f32]>> = Vec::new();
        heads.resize_with(shape.kv_heads, Vec::new);
        for row in rows.get_mut(segment.queries.clone()).ok_or_else(refused)? {
            let row = row.take().ok_or_else(refused)?;
            for (head, part) in heads.iter_mut().zip(row.chunks_mut(group * shape.head_dim)) {
                head.push(part);
            }
        }
        let longest = segment.visible.iter().max().map_or(1, |most| (*most).max(1));
        let score_rows = (SCORE_BYTES / (4 * longest)).clamp(LEAST_ROWS, MOST_ROWS);
        let queries = (score_rows / group).max(1);
        for (head, outs) in heads.into_iter().enumerate() {
            let mut outs = outs.into_iter();
            for first in (0..segment.visible.len()).step_by(queries) {
                let visible = &segment.visible[first..segment.visible.len().min(first + queries)];
                let outs = outs.by_ref().take(visible.len()).collect();
                let first = segment.queries.start + first;
                blocks.push(QueryBlock { q, shape, runs: runs.of(index, head), first, visible, head, outs });
            }
        }
    }
    Ok(blocks)
}
