//! Keys and values in the order in which attention reads them.

use std::collections::HashMap;

use rayon::prelude::*;

use super::{AttentionShape, Keys, Run, Segment};
use crate::arithmetic::{LANES, Lanes};
use crate::error::{KernelError, check_length, whole_rows};
use crate::tile::Panels;

/// A run of keys and values in the order in which attention reads them: for a run that many calls see.
///
/// Packed once, it gives the bits that packing it in every call gives.
#[derive(Debug, Clone)]
pub struct PackedKeys {
    head_dim: usize,
    keys: usize,
    /// One for each head of the keys.
    heads: Vec<PackedRun>,
}

impl PackedKeys {
    /// Packs a run whose rows hold `kv_heads` heads of `head_dim` numbers.
    ///
    /// # Errors
    /// If a size is 0 or the lengths do not fit.
    pub fn pack(run: &Keys<'_>, kv_heads: usize, head_dim: usize) -> Result<Self, KernelError> {
        for (what, size) in [("kv_heads", kv_heads), ("head_dim", head_dim)] {
            if size == 0 {
                return Err(KernelError::Zero { what });
            }
        }
        let keys = whole_rows("a run of keys", kv_heads * head_dim, run.k.len())?;
        check_length("a run of values", run.k.len(), run.v.len())?;
        let heads = (0..kv_heads).map(|head| PackedRun::pack(run, kv_heads * head_dim, head_dim, head)).collect();
        Ok(Self { head_dim, keys, heads })
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.keys
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.keys == 0
    }

    /// Checks that this was packed for a layer of this shape.
    pub(super) fn check(&self, shape: &AttentionShape) -> Result<(), KernelError> {
        let rule = "keys are packed for the layer that reads them";
        for (what, found, other, size) in [
            ("heads of packed keys", self.heads.len(), "kv_heads", shape.kv_heads),
            ("head_dim of packed keys", self.head_dim, "head_dim", shape.head_dim),
        ] {
            if found != size {
                return Err(KernelError::Mismatch { what, found, other, size, rule });
            }
        }
        Ok(())
    }
}

/// One run's keys and values for one head.
#[derive(Debug, Clone)]
pub(crate) struct PackedRun {
    keys: usize,
    head_dim: usize,
    /// Panels of 16 keys, dimension by dimension; the last one filled up with zeros.
    k: Vec<Lanes>,
    /// Panels of 16 dimensions, key by key; the last one filled up with zeros.
    v: Vec<Lanes>,
}

impl PackedRun {
    /// Of rows of `width` numbers those of one head.
    fn pack(run: &Keys<'_>, width: usize, head_dim: usize, head: usize) -> Self {
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
pub(crate) struct PackedRuns<'a> {
    /// Those that came as rows: run by run, of each run head by head.
    packed: Vec<PackedRun>,
    kv_heads: usize,
    /// Which runs each segment sees.
    segments: Vec<Vec<Place<'a>>>,
}

/// Where a run's packed keys are.
#[derive(Clone, Copy)]
enum Place<'a> {
    /// With the caller.
    Given(&'a PackedKeys),
    /// In the list of runs that were packed for this call.
    Here(usize),
}

impl<'a> PackedRuns<'a> {
    pub(crate) fn pack(shape: &AttentionShape, segments: &'a [Segment<'_>]) -> Self {
        let mut distinct: Vec<&Keys<'_>> = Vec::new();
        let mut known = HashMap::new();
        let mut seen = Vec::with_capacity(segments.len());
        for segment in segments {
            let mut places = Vec::with_capacity(segment.keys.len());
            for run in segment.keys.iter().filter(|run| !run.is_empty()) {
                places.push(match run {
                    Run::Packed(packed) => Place::Given(packed),
                    Run::Rows(rows) => {
                        let place = (rows.k.as_ptr(), rows.v.as_ptr(), rows.k.len());
                        Place::Here(*known.entry(place).or_insert_with(|| {
                            distinct.push(rows);
                            distinct.len() - 1
                        }))
                    }
                });
            }
            seen.push(places);
        }
        let (width, kv_heads) = (shape.kv_heads * shape.head_dim, shape.kv_heads);
        let packed = (0..distinct.len() * kv_heads)
            .into_par_iter()
            .map(|index| PackedRun::pack(distinct[index / kv_heads], width, shape.head_dim, index % kv_heads))
            .collect();
        Self { packed, kv_heads, segments: seen }
    }

    /// What `segment` sees with `head` (of the keys), in the order of positions.
    pub(crate) fn of(&self, segment: usize, head: usize) -> Vec<&PackedRun> {
        let run = |place: &Place<'a>| match *place {
            Place::Given(packed) => &packed.heads[head],
            Place::Here(run) => &self.packed[run * self.kv_heads + head],
        };
        self.segments[segment].iter().map(run).collect()
    }
}
