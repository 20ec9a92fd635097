//! Which rows attend to which.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use candle_core::Tensor;
use touchstone_kernel::PackedKeys;

/// Keys and values of some rows: [rows, kv_heads * head_dim] each, keys after the rotation.
#[derive(Debug, Clone)]
pub(crate) struct KeyValue {
    /// Keys.
    pub keys: Tensor,
    /// Values.
    pub values: Tensor,
    /// All of them in the order of the kernels, once somebody has packed them.
    pub packed: Packing,
}

/// Whether keys and values are worth packing for good, and then the packed ones. Clones share it.
#[derive(Debug, Clone)]
pub(crate) enum Packing {
    /// They live for one pass.
    Passing,
    /// They are cached, and many passes will see them.
    Kept(Arc<OnceLock<PackedKeys>>),
}

impl KeyValue {
    /// Of rows that live for one pass.
    pub(crate) fn passing(keys: Tensor, values: Tensor) -> Self {
        Self { keys, values, packed: Packing::Passing }
    }

    /// Of rows that are cached.
    pub(crate) fn kept(keys: Tensor, values: Tensor) -> Self {
        Self { keys, values, packed: Packing::Kept(Arc::default()) }
    }
}

/// The attention of a whole batch in one layer.
#[derive(Debug, Clone)]
pub(crate) struct AttentionPlan {
    /// Number of query heads.
    pub heads: usize,
    /// Number of key and value heads.
    pub kv_heads: usize,
    /// Length of a head.
    pub head_dim: usize,
    /// The segments that have queries; their queries follow each other without a gap.
    pub segments: Vec<SegmentAttention>,
}

/// The attention of one segment's queries.
#[derive(Debug, Clone)]
pub(crate) struct SegmentAttention {
    /// Its rows among the queries.
    pub queries: Range<usize>,
    /// For each of them, how many of the keys it sees: the first ones, in the order of `keys`. Never falls.
    pub visible: Vec<usize>,
    /// Runs of keys in the order of their positions.
    pub keys: Vec<KeyRange>,
}

/// A run of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRange {
    /// Whose keys: an index into the list that attention is given.
    pub source: usize,
    /// Its rows.
    pub rows: Range<usize>,
}
