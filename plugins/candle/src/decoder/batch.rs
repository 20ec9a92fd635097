//! What a pass reads: packed rows, and how they hang together.

use std::ops::Range;
use std::sync::Arc;

use super::KvPrefix;
use crate::config::Config;
use crate::{Error, Result};

/// Rows (tokens) of one pass, without padding.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The tokens of all segments, one after the other.
    pub tokens: Vec<u32>,
    /// The segments, in the order of their rows. Together they cover all rows.
    pub segments: Vec<Segment>,
}

/// Tokens that follow each other in one text. A segment sees its cached past or all of its parent's rows (and what those
/// see), and its own rows up to the one that looks.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Its rows in the batch.
    pub rows: Range<usize>,
    /// The segment that it continues: an earlier one of the batch. Shared beginnings make a tree.
    pub parent: Option<usize>,
    /// Position of its first token: where its parent or past ends. A segment without either may start anywhere.
    pub start: usize,
    /// A cached beginning that it continues. Only where there is no parent.
    pub past: Option<Arc<KvPrefix>>,
}

impl Batch {
    /// Whole texts that share nothing.
    pub fn of_texts<T: AsRef<[u32]>>(texts: &[T]) -> Self {
        let mut batch = Self::default();
        for text in texts {
            batch.push(text.as_ref(), None);
        }
        batch
    }

    /// Adds a segment after `parent`, or one that begins a text. Gives its index.
    pub fn push(&mut self, tokens: &[u32], parent: Option<usize>) -> usize {
        let start = parent.and_then(|parent| self.segments.get(parent)).map_or(0, Segment::end);
        self.add(tokens, Segment { rows: 0..0, parent, start, past: None })
    }

    /// Adds a segment that continues a cached beginning. Gives its index.
    pub fn push_after(&mut self, tokens: &[u32], past: Arc<KvPrefix>) -> usize {
        self.add(tokens, Segment { rows: 0..0, parent: None, start: past.end(), past: Some(past) })
    }

    fn add(&mut self, tokens: &[u32], segment: Segment) -> usize {
        let first = self.tokens.len();
        self.tokens.extend_from_slice(tokens);
        self.segments.push(Segment { rows: first..self.tokens.len(), ..segment });
        self.segments.len() - 1
    }

    /// The position of every row.
    pub fn positions(&self) -> Vec<usize> {
        self.segments.iter().flat_map(|segment| segment.start..segment.end()).collect()
    }

    /// What a pass relies on.
    pub(super) fn check(&self, config: &Config) -> Result<()> {
        let wrong = |message: String| Err(Error::Batch { message });
        if let Some(token) = self.tokens.iter().find(|&&token| token as usize >= config.vocabulary) {
            return wrong(format!("token {token} is beyond the model's vocabulary of {}", config.vocabulary));
        }
        let mut covered = 0;
        for (index, segment) in self.segments.iter().enumerate() {
            if segment.rows.start != covered || segment.rows.end < segment.rows.start {
                return wrong(format!("segment {index} has the rows {:?}, but row {covered} is next", segment.rows));
            }
            covered = segment.rows.end;
            let end = match (segment.parent, &segment.past) {
                (Some(_), Some(_)) => return wrong(format!("segment {index} has both a parent and a cached past")),
                (Some(parent), None) if parent >= index => {
                    return wrong(format!("segment {index} comes before its parent {parent}"));
                }
                (Some(parent), None) => self.segments[parent].end(),
                (None, Some(past)) if past.blocks() != config.layers => {
                    return wrong(format!("the cached past of segment {index} is another model's"));
                }
                (None, Some(past)) => past.end(),
                (None, None) => segment.start,
            };
            if segment.start != end {
                return wrong(format!(
                    "segment {index} starts at position {}, but what it continues ends at {end}",
                    segment.start
                ));
            }
        }
        if covered != self.tokens.len() {
            return wrong(format!("the segments end at row {covered} of {}", self.tokens.len()));
        }
        Ok(())
    }
}

impl Segment {
    /// The position after its last token.
    pub fn end(&self) -> usize {
        self.start + self.rows.len()
    }
}
