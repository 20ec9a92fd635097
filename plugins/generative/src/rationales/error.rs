//! What may keep rationale data from being made.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use touchstone::{Category, CotId, QuestionId};

/// Rationale data cannot be made of these rows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RationaleError {
    /// A row without a critique.
    #[error(
        "{place} has no `critique`: have critiques written first, with `touchstone critique generate` or `compose`"
    )]
    NoCritique {
        /// The row.
        place: RowOf,
    },

    /// A row whose labels are not those of steps.
    #[error("{place} has one label of the whole CoT in `labels`, and gPRM needs a list of 1, 0 and -1, one a step")]
    NoStepLabels {
        /// The row.
        place: RowOf,
    },

    /// A row that is not of the form that preprocessing writes.
    #[error(
        "{place} has {found} in `labels`, and a gORM row that was preprocessed has one integer, 1 or -1: preprocess the rows for \
         gORM first, or shorten them for gPRM"
    )]
    NoWholeLabel {
        /// The row.
        place: RowOf,
        /// What is there.
        found: &'static str,
    },

    /// A limit in tokens, and nothing that counts them.
    #[error(
        "critiques of more than {max_tokens} tokens are to be left out, and no tokenizer is named that counts them"
    )]
    NoTokenizer {
        /// The limit.
        max_tokens: NonZeroUsize,
    },

    /// A result would take the place of what it is made from.
    #[error("{} is read, and would be overwritten: name another folder", file.display())]
    Overwrites {
        /// The file.
        file: PathBuf,
    },

    /// What reading, writing or counting gave.
    #[error(transparent)]
    Core(#[from] touchstone::Error),
}

/// Where a row stands, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowOf {
    /// Its category.
    pub category: Category,
    /// Its place among the rows of the category, from 0.
    pub row: usize,
    /// Its question.
    pub question: QuestionId,
    /// Its CoT.
    pub cot: CotId,
}

impl RowOf {
    pub(super) fn new(row: usize, content: &touchstone::data::TrainingRow) -> Self {
        let question = &content.question;
        Self { category: question.category.clone(), row, question: question.id.clone(), cot: content.cot.id }
    }
}

impl std::fmt::Display for RowOf {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { category, row, question, cot } = self;
        write!(formatter, "{category}: row {row} (question {question}, CoT {cot})")
    }
}
