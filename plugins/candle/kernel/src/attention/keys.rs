//! Keys and values in the order in which attention reads them.

use std::collections::HashMap;

use rayon::prelude::*;

use super::{AttentionShape, Keys, Segment};
use crate::arithmetic::{LANES, Lanes};
use crate::tile::Panels;

/// One run's keys and values for one head.
pub(crate) struct PackedRun {
    keys: usize,
    head_dim: usize,
    /// Panels of 16 keys, dimension by dimension; the last one filled up with zeros.
    k: Vec<Lanes>,
    /// Panels of 16 dimensions, key by key; the last one filled up with zeros.
    v: Vec<Lanes>,
}

impl PackedRun {
    fn pack(run: &Keys<'_>, shape: &AttentionShape, head: usize) -> Self {
        let (width, head_dim) = (shape.kv_heads * shape.head_dim, shape.head_dim);
        let keys = run.k.len() / width;
        let mut k = vec![Lanes::ZERO; keys.div_ceil(LANES) * head_dim];
        let mut v = vec![Lanes::ZERO; keys * head_dim.div_ceil(LANES)];
        for (panel, rows) in k.chunks_mut(head_dim).zip(run.k.chunks(LANES * width)) {
            for (lane, row) in rows.chunks(width).enumerate() {
                let row = &row[head * head_dim..][..head_dim];
                panel.iter_mut().zip(row).for_each(|(lanes, value)| lanes[lane] = *value);
            }
        }
        for (key, row) in run.v.chunks(width).enumerate() {
            for (panel, part) in row[head * head_dim..][..head_dim].chunks(LANES).enumerate() {
                v[panel * keys + key][..part.len()].copy_from_slice(part);
            }
        }
        Self { keys, head_dim, k, v }
    }

    /// Number of keys.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.keys
    }

    /// `count` panels of 16 keys from `panel` on.
    #[inline(always)]
    pub(crate) fn keys(&self, panel: usize, count: usize) -> Panels<'_> {
        Panels::new(&self.k[panel * self.head_dim..], self.head_dim, count, self.head_dim)
    }

    /// All panels of dimensions, of each `count` values from `first` on.
    #[inline(always)]
    pub(crate) fn values(&self, first: usize, count: usize) -> Panels<'_> {
        Panels::new(&self.v[first..], self.keys, self.head_dim.div_ceil(LANES), count)
    }
}

/// All runs of a call, each packed once however many segments see it.
pub(crate) struct PackedRuns {
    /// Run by run, of each run head by head.
    runs: Vec<PackedRun>,
    kv_heads: usize,
    /// Which runs each segment sees.
    segments: Vec<Vec<usize>>,
}

impl PackedRuns {
    pub(crate) fn pack(shape: &AttentionShape, segments: &[Segment<'_>]) -> Self {
        let mut distinct: Vec<&Keys<'_>> = Vec::new();
        let mut known = HashMap::new();
        let mut seen = Vec::with_capacity(segments.len());
        for segment in segments {
            let runs = segment.keys.iter().filter(|run| !run.k.is_empty()).map(|run| {
                *known.entry((run.k.as_ptr(), run.v.as_ptr(), run.k.len())).or_insert_with(|| {
                    distinct.push(run);
                    distinct.len() - 1
                })
            });
            seen.push(runs.collect());
        }
        let runs = (0..distinct.len() * shape.kv_heads)
            .into_par_iter()
            .map(|index| PackedRun::pack(distinct[index / shape.kv_heads], shape, index % shape.kv_heads))
            .collect();
        Self { runs, kv_heads: shape.kv_heads, segments: seen }
    }

    /// What `segment` sees with `head` (of the keys), in the order of positions.
    pub(crate) fn of(&self, segment: usize, head: usize) -> Vec<&PackedRun> {
        self.segments[segment].iter().map(|run| &self.runs[run * self.kv_heads + head]).collect()
    }
}
