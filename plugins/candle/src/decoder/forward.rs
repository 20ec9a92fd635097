//! A pass of a batch through the blocks.

use std::sync::Arc;

use candle_core::Tensor;

use super::block::{Selection, Surroundings};
use super::{Batch, Decoder, KvPrefix, Segment};
use crate::arithmetic::{Angles, AttentionPlan, KeyRange, KeyValue, SegmentAttention};
use crate::{Error, Result};

/// What a pass that keeps keys and values gives.
#[derive(Debug)]
pub struct Prefill {
    /// The hidden states that were asked for: [rows, hidden].
    pub hidden: Tensor,
    /// For each segment of the batch the text up to its end, to be continued.
    pub prefixes: Vec<Arc<KvPrefix>>,
}

/// The cached prefixes of a batch, each once.
struct Pasts<'a>(Vec<&'a Arc<KvPrefix>>);

impl Decoder {
    /// Hidden states after the final norm, of the rows asked for, in that order: [rows, hidden].
    ///
    /// # Errors
    /// Where the batch is put together wrongly, or memory runs out.
    pub fn hidden(&self, batch: &Batch, rows: &[usize]) -> Result<Tensor> {
        self.pass(batch, rows, &mut |_| ())
    }

    /// Like [`Decoder::hidden`], and keeps the keys and values of every segment.
    ///
    /// # Errors
    /// As [`Decoder::hidden`].
    pub fn prefill(&self, batch: &Batch, rows: &[usize]) -> Result<Prefill> {
        let mut kept = Vec::with_capacity(self.config.layers);
        let hidden = self.pass(batch, rows, &mut |block| kept.push(block))?;
        let mut prefixes: Vec<Arc<KvPrefix>> = Vec::with_capacity(batch.segments.len());
        for segment in &batch.segments {
            let before = match segment.parent {
                Some(parent) => Some(Arc::clone(&prefixes[parent])),
                None => segment.past.clone(),
            };
            let blocks: Result<Vec<KeyValue>> = kept.iter().map(|block| rows_of(block, segment)).collect();
            prefixes.push(Arc::new(KvPrefix::new(before, segment.start, segment.rows.len(), blocks?)));
        }
        Ok(Prefill { hidden, prefixes })
    }

    /// Logits over the vocabulary for every row: [rows, vocabulary].
    ///
    /// # Errors
    /// As [`Decoder::hidden`], and where the model has no head over the vocabulary.
    pub fn logits(&self, batch: &Batch) -> Result<Tensor> {
        let rows: Vec<usize> = (0..batch.tokens.len()).collect();
        self.head(&self.hidden(batch, &rows)?)
    }

    fn pass(&self, batch: &Batch, rows: &[usize], keep: &mut dyn FnMut(KeyValue)) -> Result<Tensor> {
        batch.check(&self.config)?;
        if let Some(row) = rows.iter().find(|&&row| row >= batch.tokens.len()) {
            return Err(Error::Batch { message: format!("row {row} is read, but there are {}", batch.tokens.len()) });
        }
        if batch.tokens.is_empty() {
            return Ok(Tensor::zeros((0, self.config.hidden_size), self.dtype, &self.device)?);
        }
        let mut read = rows.to_vec();
        read.sort_unstable();
        read.dedup();
        let pasts = Pasts::of(batch);
        let all: Vec<usize> = (0..batch.tokens.len()).collect();
        let plan = self.plan(batch, &pasts, &all);
        let last_plan = self.plan(batch, &pasts, &read);
        let angles = Angles::new(&batch.positions(), &self.frequencies, &self.device)?;
        let selected = self.indices(&read)?;

        let mut x = self.embedding.rows(&Tensor::new(batch.tokens.as_slice(), &self.device)?, self.dtype)?;
        for (index, block) in self.blocks.iter().enumerate() {
            let past = pasts.block(index);
            let around = Surroundings {
                arithmetic: self.arithmetic.as_ref(),
                eps: self.config.norm_eps,
                angles: &angles,
                past: &past,
            };
            let (after, own) = if index + 1 == self.blocks.len() && read.len() < all.len() {
                let angles = &angles.select(&selected)?;
                block.forward_selected(&x, around, &last_plan, Selection { rows: &selected, angles })?
            } else {
                block.forward(&x, around, &plan)?
            };
            keep(own);
            x = after;
        }
        if read.is_empty() {
            return Ok(x);
        }
        let hidden = self.arithmetic.rms_norm(&x, &self.norm, self.config.norm_eps)?;
        if read == rows {
            return Ok(hidden);
        }
        let order: Vec<usize> = rows.iter().filter_map(|row| read.binary_search(row).ok()).collect();
        Ok(hidden.index_select(&self.indices(&order)?, 0)?)
    }

    fn indices(&self, rows: &[usize]) -> Result<Tensor> {
        let rows: Vec<u32> = rows.iter().map(|&row| row as u32).collect();
        let count = rows.len();
        Ok(Tensor::from_vec(rows, count, &self.device)?)
    }

    /// The attention of the rows in `read`, which rise.
    fn plan(&self, batch: &Batch, pasts: &Pasts<'_>, read: &[usize]) -> AttentionPlan {
        let mut keys: Vec<Vec<KeyRange>> = Vec::with_capacity(batch.segments.len());
        let mut segments = Vec::new();
        let mut done = 0;
        for segment in &batch.segments {
            let mut ranges = match (segment.parent, &segment.past) {
                (Some(parent), _) => keys[parent].clone(),
                (None, Some(past)) => pasts.ranges(past),
                (None, None) => Vec::new(),
            };
            let before: usize = ranges.iter().map(|range| range.rows.len()).sum();
            if !segment.rows.is_empty() {
                ranges.push(KeyRange { source: pasts.0.len(), rows: segment.rows.clone() });
            }
            let count = read[done..].iter().take_while(|&&row| row < segment.rows.end).count();
            let visible: Vec<usize> =
                read[done..done + count].iter().map(|row| before + row - segment.rows.start + 1).collect();
            if count > 0 {
                segments.push(SegmentAttention { queries: done..done + count, visible, keys: ranges.clone() });
            }
            done += count;
            keys.push(ranges);
        }
        let config = &self.config;
        AttentionPlan { heads: config.heads, kv_heads: config.kv_heads, head_dim: config.head_dim, segments }
    }
}

impl<'a> Pasts<'a> {
    fn of(batch: &'a Batch) -> Self {
        let mut pasts = Self(Vec::new());
        for prefix in batch.segments.iter().filter_map(|segment| segment.past.as_ref()).flat_map(KvPrefix::chain) {
            if pasts.index(prefix).is_none() {
                pasts.0.push(prefix);
            }
        }
        pasts
    }

    fn index(&self, prefix: &Arc<KvPrefix>) -> Option<usize> {
        self.0.iter().position(|known| Arc::ptr_eq(known, prefix))
    }

    fn ranges(&self, past: &Arc<KvPrefix>) -> Vec<KeyRange> {
        let range = |prefix: &Arc<KvPrefix>| Some(KeyRange { source: self.index(prefix)?, rows: 0..prefix.own() });
        past.chain().into_iter().filter(|prefix| prefix.own() > 0).filter_map(range).collect()
    }

    fn block(&self, block: usize) -> Vec<KeyValue> {
        self.0.iter().map(|prefix| prefix.block(block).clone()).collect()
    }
}

/// A copy of a segment's keys and values, so that it can outlive the rest of the batch's.
fn rows_of(block: &KeyValue, segment: &Segment) -> Result<KeyValue> {
    let rows = |tensor: &Tensor| -> Result<Tensor> {
        let (first, count) = (segment.rows.start, segment.rows.len());
        if count == tensor.dim(0)? {
            return Ok(tensor.clone());
        }
        Ok(tensor.narrow(0, first, count)?.force_contiguous()?)
    };
    Ok(KeyValue::kept(rows(&block.keys)?, rows(&block.values)?))
}
