//! One call of the generator, on its way through the model.

use std::collections::VecDeque;
use std::sync::Arc;

use touchstone::Context;
use touchstone::generator::{Sample, Written};

use super::request::Prepared;
use super::sequence::Begun;
use crate::reading::Sequence;

/// What a caller is told.
pub(super) enum Told {
    /// Something was written.
    Written(Sample, Written),
    /// Nothing more follows.
    Over(touchstone::Result<()>),
}

/// Whether a caller hears what it is told; one that does not has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hears {
    Yes,
    No,
}

/// How much of a completion a caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// All of it, once it is whole.
    Whole,
    /// Each part of it as it is written, too.
    Along,
}

/// What a caller asks, and where it has got to.
pub(super) struct Call<'c> {
    pub(super) request: Arc<Prepared>,
    /// Whether to stop; where tokens are counted.
    pub(super) context: Context,
    pub(super) reading: Reading,
    pub(super) tell: Box<dyn FnMut(Told) -> Hears + Send + 'c>,
    /// Prompts that the model has not read.
    pub(super) waiting: VecDeque<Waiting>,
    /// Prompts that it has read, of which not every sample is begun.
    pub(super) begun: VecDeque<Begun>,
    /// How many of its sequences are under way.
    pub(super) under_way: usize,
}

/// A prompt that the model has not read yet.
pub(super) struct Waiting {
    pub(super) prompt: usize,
    pub(super) text: String,
    pub(super) sequence: Sequence,
}

impl<'c> Call<'c> {
    /// A call with these prompts.
    pub(super) fn new(
        request: Arc<Prepared>,
        context: &Context,
        reading: Reading,
        waiting: VecDeque<Waiting>,
        tell: impl FnMut(Told) -> Hears + Send + 'c,
    ) -> Self {
        let (context, tell) = (context.clone(), Box::new(tell));
        Self { request, context, reading, tell, waiting, begun: VecDeque::new(), under_way: 0 }
    }

    /// Whether a further sequence of it may begin.
    pub(super) fn has_more(&self) -> bool {
        !self.begun.is_empty() || !self.waiting.is_empty()
    }

    /// Whether all of it is done.
    pub(super) fn is_done(&self) -> bool {
        self.under_way == 0 && !self.has_more()
    }
}
