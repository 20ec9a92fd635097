//! Rows into files, in the format that the file's name tells.

mod json;
mod parquet;

use std::borrow::Borrow;
use std::path::Path;

use serde::Serialize;

use self::parquet::ParquetRows;
use super::error::{DataError, Position, RowPlace};
use super::format::{Encoding, Format};
use super::rows::{RewardRow, TestRow, TrainingRow};
use crate::atomic::write_atomically;
use crate::{QuestionId, Result};

/// The level of zstd for files that Touchstone writes: small files that are still written quickly.
const ZSTD_LEVEL: i32 = 9;

/// A kind of row that can be written. Rows serialise as the objects of JSON files.
trait WriteRow: Serialize + ParquetRows {
    fn check(&self, place: &RowPlace) -> Result<(), DataError>;
    fn id(&self) -> &QuestionId;
}

impl WriteRow for RewardRow {
    fn check(&self, place: &RowPlace) -> Result<(), DataError> {
        RewardRow::check(self, place)
    }
    fn id(&self) -> &QuestionId {
        &self.id
    }
}

impl WriteRow for TestRow {
    fn check(&self, place: &RowPlace) -> Result<(), DataError> {
        TestRow::check(self, place)
    }
    fn id(&self) -> &QuestionId {
        &self.question.id
    }
}

/// Writes a category's rewards to `path`, in the format of its extension (`law_reward.json`, `law_reward.parquet`).
/// Missing rewards are null; JSON numbers read back as the same numbers.
///
/// Rows are taken one at a time. If one is an error or breaks the format's rules, that is returned, nothing is left behind,
/// and an old file at `path` stays as it was.
///
/// # Errors
/// An unknown extension, lists of unequal length, a repeated id, the first error among `rows`, and what the system says.
pub fn write_rewards<B: Borrow<RewardRow>>(
    path: impl AsRef<Path>,
    rows: impl IntoIterator<Item = Result<B>>,
) -> Result<()> {
    write(path.as_ref(), rows)
}

/// Writes a category of a test set to `path`, in the format of its extension (`law.parquet`, `law.jsonl.zst`); as
/// [`write_rewards`] does.
///
/// # Errors
/// As [`write_rewards`].
pub fn write_test_set<B: Borrow<TestRow>>(
    path: impl AsRef<Path>,
    rows: impl IntoIterator<Item = Result<B>>,
) -> Result<()> {
    write(path.as_ref(), rows)
}

/// Writes a category of a training set to `path`, as JSON or JSONL by its extension. A question and a CoT may come in several
/// rows. Rows are taken one at a time; if one is an error, nothing is left behind and an old file stays as it was.
///
/// # Errors
/// An unknown extension, Parquet, the first error among `rows`, and what the system says.
pub fn write_training_set<B: Borrow<TrainingRow>>(
    path: impl AsRef<Path>,
    rows: impl IntoIterator<Item = Result<B>>,
) -> Result<()> {
    let path = path.as_ref();
    let format = Format::of(path)?;
    if format.encoding == Encoding::Parquet {
        let message = "training sets are written as .json or .jsonl".to_owned();
        return Err(DataError::Unwritable { path: path.to_owned(), message }.into());
    }
    write_atomically(path, |writer| json::write::<TrainingRow, B>(writer, format, rows.into_iter()))
}

fn write<R: WriteRow, B: Borrow<R>>(path: &Path, rows: impl IntoIterator<Item = Result<B>>) -> Result<()> {
    let format = Format::of(path)?;
    let mut seen = std::collections::HashMap::new();
    let rows = rows.into_iter().enumerate().map(|(index, row)| {
        let row = row?;
        let place = RowPlace { path: path.into(), position: Position::Row(index as u64) };
        let id = row.borrow().id();
        row.borrow().check(&place)?;
        match seen.insert(id.clone(), place.clone()) {
            Some(first) => Err(DataError::DuplicateQuestion { question: id.clone(), first, second: place }.into()),
            None => Ok(row),
        }
    });
    write_atomically(path, |writer| match format.encoding {
        Encoding::Parquet => parquet::write::<R, B>(writer, path, rows),
        Encoding::Json | Encoding::JsonLines => json::write::<R, B>(writer, format, rows),
    })
}
