//! From rows with critiques to the training data of a generative reward model.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde::Serialize;
use touchstone::data::{Spread, TrainingRow, TrainingSet};
use touchstone::{Category, Context};

use super::balance::balanced;
use super::judge::{Dropped, Judge, Kept};
use super::{PREFIX, RationaleError, Variant, file_of, read, write};

/// Counts the tokens of a text, with the tokenizer of the model that is to be trained.
pub type CountTokens<'a> = dyn Fn(&str) -> touchstone::Result<usize> + 'a;

/// Keeps the critiques that are whole and agree with the labels, and balances right and wrong CoTs: the published
/// preprocessing, row for row.
pub struct Preprocessing<'a> {
    /// Progress, and whether to stop.
    pub context: &'a Context,
    /// In what critiques must agree with the labels.
    pub variant: Variant,
    /// Where the draws that balance begin: 42 in the paper.
    pub seed: u64,
    /// The longest critique that is kept, in tokens. [`Variant::max_tokens`] is the paper's.
    pub max_tokens: Option<NonZeroUsize>,
    /// Counts tokens; needed where there is a limit.
    pub count_tokens: Option<&'a CountTokens<'a>>,
    /// Whether critiques that repeat an earlier one are kept: short composed ones do, and are no less true for that.
    pub keep_repeated: bool,
    /// The rows with their critiques.
    pub rows: &'a TrainingSet,
    /// Where `preprocessed_{category}.json` goes. Made where it is not there.
    pub folder: &'a Path,
}

/// A category whose file was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PreprocessedCategory {
    /// The category.
    pub category: Category,
    /// The file.
    pub file: PathBuf,
    /// The rows that were read.
    pub rows: usize,
    /// Those without labels, which were passed over.
    pub unlabelled: usize,
    /// Those whose critiques were dropped, by reason.
    pub dropped: Dropped,
    /// Those that were kept, by class.
    pub kept: Classes,
    /// Those that were written, by class.
    pub balanced: Classes,
    /// The words of the critiques that were written, by white space.
    pub words: Option<Spread>,
    /// Their tokens, where they were counted; without the texts that preprocessing adds.
    pub tokens: Option<Spread>,
}

/// Rows by class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Classes {
    /// Of CoTs that are said to be right.
    pub positive: usize,
    /// Of CoTs that are said to be wrong.
    pub negative: usize,
}

impl Classes {
    fn of(rows: &[Kept]) -> Self {
        let positive = rows.iter().filter(|row| row.is_positive).count();
        Self { positive, negative: rows.len() - positive }
    }

    /// Both.
    pub fn total(self) -> usize {
        self.positive + self.negative
    }
}

impl Preprocessing<'_> {
    /// Writes a file for each category. A file that is there is replaced once the new one is whole.
    ///
    /// # Errors
    /// [`RationaleError`]: a row without a critique, or with labels of another kind; a limit without a tokenizer; a file that is
    /// read and would be overwritten; what cannot be read or written.
    pub fn run(&self) -> Result<Vec<PreprocessedCategory>, RationaleError> {
        if let (Some(max_tokens), None) = (self.max_tokens, self.count_tokens) {
            return Err(RationaleError::NoTokenizer { max_tokens });
        }
        self.rows.categories().map(|category| self.category(category)).collect()
    }

    fn category(&self, category: &Category) -> Result<PreprocessedCategory, RationaleError> {
        let file = file_of(self.rows, self.folder, category, PREFIX)?;
        let rows = read(self.context, self.rows, category)?;
        let progress = self.context.start(&format!("preprocessing {category}"), Some(rows.len() as u64));
        let mut judge = Judge {
            variant: self.variant,
            max_tokens: self.max_tokens.map(NonZeroUsize::get),
            count_tokens: self.count_tokens,
            keep_repeated: self.keep_repeated,
            dropped: Dropped::default(),
            known: HashSet::new(),
        };
        let (read, mut unlabelled) = (rows.len(), 0);
        let mut kept = Vec::new();
        for (place, row) in rows.into_iter().enumerate() {
            self.context.check_cancelled()?;
            progress.advance(1);
            if row.labels.is_none() {
                unlabelled += 1;
                continue;
            }
            kept.extend(judge.judge(place, row)?);
        }
        let before = Classes::of(&kept);
        let written = balanced(kept, self.seed);
        let after = Classes::of(&written);
        let tokens: Option<Vec<u32>> = written.iter().map(|row| row.tokens.map(count)).collect();
        let rows: Vec<TrainingRow> = written.into_iter().map(|kept| kept.row).collect();
        write(&file, &rows)?;
        let words = rows.iter().flat_map(|row| &row.critique).map(|text| count(text.split_whitespace().count()));
        Ok(PreprocessedCategory {
            category: category.clone(),
            file,
            rows: read,
            unlabelled,
            dropped: judge.dropped,
            kept: before,
            balanced: after,
            words: Spread::of(words.collect()),
            tokens: tokens.and_then(Spread::of),
        })
    }
}

pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
