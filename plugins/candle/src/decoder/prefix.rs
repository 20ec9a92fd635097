//! Cached beginnings of texts.

use std::sync::Arc;

use candle_core::Tensor;

use crate::Result;
use crate::arithmetic::KeyValue;

/// Keys and values of a text's beginning in all blocks, to be continued by any number of texts. A prefix that continues
/// another shares its memory.
#[derive(Debug)]
pub struct KvPrefix {
    before: Option<Arc<Self>>,
    start: usize,
    own: usize,
    blocks: Vec<KeyValue>,
}

impl KvPrefix {
    /// `own` rows from position `start` on, after `before`; one entry a block.
    pub(super) fn new(before: Option<Arc<Self>>, start: usize, own: usize, blocks: Vec<KeyValue>) -> Self {
        Self { before, start, own, blocks }
    }

    /// The position after its last token.
    pub fn end(&self) -> usize {
        self.start + self.own
    }

    /// Number of cached tokens, those of the prefixes before it included.
    pub fn tokens(&self) -> usize {
        self.own + self.before.as_ref().map_or(0, |before| before.tokens())
    }

    /// Number of blocks.
    pub(super) fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Rows of its own.
    pub(super) fn own(&self) -> usize {
        self.own
    }

    /// Its own keys and values in a block.
    pub(super) fn block(&self, block: usize) -> &KeyValue {
        &self.blocks[block]
    }

    /// This prefix and those before it, the first of the text first.
    pub(super) fn chain(self: &Arc<Self>) -> Vec<&Arc<Self>> {
        let mut chain = vec![self];
        let mut prefix = self;
        while let Some(before) = &prefix.before {
            chain.push(before);
            prefix = before;
        }
        chain.reverse();
        chain
    }
}

impl KvPrefix {
    /// The same text in fewer pieces: those after `root` are joined while the earlier one is not the longer one. So a text
    /// that grows token by token has no more pieces than its length has binary digits, and a token's keys are copied no more
    /// often than that. `root`, which other texts share, stays what it is.
    ///
    /// # Errors
    /// Where memory runs out.
    pub(crate) fn joined(self: Arc<Self>, root: &Arc<Self>) -> Result<Arc<Self>> {
        let mut whole = self;
        while let Some(before) = whole.before.clone().filter(|before| !Arc::ptr_eq(before, root)) {
            if before.own > whole.own {
                break;
            }
            let pairs = before.blocks.iter().zip(&whole.blocks);
            let blocks = pairs.map(|(before, own)| {
                let keys = Tensor::cat(&[&before.keys, &own.keys], 0)?;
                Ok(KeyValue::kept(keys, Tensor::cat(&[&before.values, &own.values], 0)?))
            });
            let blocks = blocks.collect::<Result<Vec<_>>>()?;
            whole = Arc::new(Self::new(before.before.clone(), before.start, before.own + whole.own, blocks));
        }
        Ok(whole)
    }
}

impl Drop for KvPrefix {
    /// Long chains are freed one after the other, not by recursion.
    fn drop(&mut self) {
        let mut next = self.before.take();
        while let Some(mut prefix) = next.and_then(Arc::into_inner) {
            next = prefix.before.take();
        }
    }
}
