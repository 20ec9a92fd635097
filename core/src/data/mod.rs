//! Test sets, training sets and reward files in and out.
//!
//! A [`TestSet`], [`QuestionSet`], [`TrainingSet`] or [`RewardSet`] is opened from a [`Location`]: a file, a folder with a file per
//! category, or a repository of the hub. Its rows are streamed: from Parquet (all codecs in use), JSON and JSONL (these two
//! also as `.gz` and `.zst`). What writers differ in, the width of integers, the kinds of lists, the names of inner fields,
//! further columns, makes no difference. What is wrong with a file is said by file, row, column and question.
//!
//! [`write_rewards`], [`write_test_set`] and [`write_training_set`] write the same formats, by the file's extension, whole or not at all.

mod cell;
mod error;
mod files;
mod format;
pub mod layout;
mod location;
mod read;
mod record;
mod rows;
mod set;
mod summary;
mod write;

use std::path::PathBuf;

pub use error::{DataError, Position, RowPlace};
pub use location::{HubReference, Location};
pub use rows::{Labels, QuestionRow, RewardRow, TestRow, TrainingRow};
pub(crate) use rows::{OutlineRow, Row};
pub use set::{DataSet, QuestionSet, RewardSet, TestSet, TrainingSet};
pub use summary::{CategorySummary, RewardSummary, Sample, Spread, Summary, TestSummary, TrainingSummary};
pub use write::{write_rewards, write_test_set, write_training_set};

use crate::Category;

/// The files on this machine that hold a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesOfCategory {
    /// The category.
    pub category: Category,
    /// Its files, in order: one, or the shards of a split.
    pub paths: Vec<PathBuf>,
}
