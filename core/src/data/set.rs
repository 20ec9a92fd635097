//! Sets: files by category, and their rows one after the other.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::error::{DataError, RowPlace};
use super::files::{Affixes, discover};
use super::read::{Records, records};
use super::rows::{OutlineRow, QuestionRow, RewardRow, Row, TestRow, TrainingRow};
use super::{FilesOfCategory, Location};
use crate::nearest::suggestion;
use crate::{Category, QuestionId, Result};

/// A test set: questions with their gold answers and CoTs, by category.
pub type TestSet = DataSet<TestRow>;
/// A question set: questions with their gold answers, by category. Every test set is one.
pub type QuestionSet = DataSet<QuestionRow>;
/// A training set: single CoTs with labels, by category.
pub type TrainingSet = DataSet<TrainingRow>;
/// A reward set: the rewards that one verifier gave the CoTs of a test set, by category. Files are named
/// `{category}_reward.json` or `{category}.json`, or the like in another format.
pub type RewardSet = DataSet<RewardRow>;

/// A set of rows by category, used under the names [`TestSet`], [`QuestionSet`], [`TrainingSet`] and [`RewardSet`].
///
/// Opening it finds the files; rows are read when they are asked for, a few at a time, so that a set may be larger than
/// memory. Files are only read, never changed.
///
/// ```no_run
/// use touchstone::data::{Location, TestSet};
///
/// # fn main() -> touchstone::Result<()> {
/// let set = TestSet::open(&Location::Path("data/mmlu_pro_16/test".into()))?;
/// for category in set.categories() {
///     for row in set.rows(category)? {
///         let row = row?;
///         println!("{category}: question {} has {} CoTs", row.question.id, row.cots.len());
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct DataSet<R> {
    location: Location,
    files: Vec<FilesOfCategory>,
    /// The most rows of a category that are read.
    most: Option<NonZeroUsize>,
    rows: PhantomData<fn() -> R>,
}

impl<R: Row> DataSet<R> {
    /// Opens a file, a folder with a file per category, or a repository of the hub.
    ///
    /// # Errors
    /// [`DataError`] where nothing is there, or nothing that holds data; what the hub says, for a repository.
    pub fn open(location: &Location) -> Result<Self> {
        Self::open_categories(location, &[])
    }

    /// Opens these categories only, or all where none is named; of a repository of the hub nothing else is fetched.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`DataError::UnknownCategory`], which lists what is there.
    pub fn open_categories(location: &Location, categories: &[Category]) -> Result<Self> {
        let files = discover(location, categories, Affixes { prefix: R::FILE_PREFIX, suffix: R::FILE_SUFFIX })?;
        let set = Self { location: location.clone(), files, most: None, rows: PhantomData };
        if categories.is_empty() { Ok(set) } else { set.select(categories) }
    }

    /// Where the set lies.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The categories: in the paper's order where all are the paper's, else alphabetically.
    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.files.iter().map(|files| &files.category)
    }

    /// The files of each category, in the order of the categories.
    pub fn files(&self) -> &[FilesOfCategory] {
        &self.files
    }

    /// The most rows of a category that are read, where not all are.
    pub(crate) fn most(&self) -> Option<NonZeroUsize> {
        self.most
    }

    /// The set with these categories only, in the set's own order.
    ///
    /// # Errors
    /// [`DataError::UnknownCategory`] lists what is there.
    pub fn select(&self, categories: &[Category]) -> Result<Self> {
        for category in categories {
            self.find(category)?;
        }
        let files = self.files.iter().filter(|files| categories.contains(&files.category)).cloned().collect();
        Ok(Self { location: self.location.clone(), files, most: self.most, rows: PhantomData })
    }

    /// The rows of a category, in the order of its files. They are read as they are asked for; nothing comes after an
    /// error.
    ///
    /// # Errors
    /// An unknown category, or a first file that cannot be opened. An error inside a row names file, row, column and
    /// question.
    pub fn rows(&self, category: &Category) -> Result<Box<dyn Iterator<Item = Result<R>> + Send>> {
        let files = self.find(category)?;
        let mut rows = Rows::<R> {
            category: files.category.clone(),
            paths: files.paths.clone().into_iter(),
            records: None,
            seen: HashMap::new(),
            kind: PhantomData,
        };
        rows.open_next()?;
        Ok(match self.most {
            Some(most) => Box::new(rows.take(most.get())),
            None => Box::new(rows),
        })
    }

    fn find(&self, category: &Category) -> Result<&FilesOfCategory, DataError> {
        self.files.iter().find(|files| files.category == *category).ok_or_else(|| DataError::UnknownCategory {
            location: self.location.to_string(),
            category: category.clone(),
            hint: suggestion(category.as_str(), self.categories().map(Category::as_str)),
            known: self.categories().cloned().collect(),
        })
    }
}

impl TestSet {
    /// The set with no more than the first so many questions of each category; with all of them where no number is given.
    #[must_use]
    pub fn first(mut self, questions: Option<NonZeroUsize>) -> Self {
        self.most = questions;
        self
    }

    /// The ids of a category's questions and CoTs, in their order: quickly, since no text is read.
    pub(crate) fn outline(&self, category: &Category) -> Result<Box<dyn Iterator<Item = Result<OutlineRow>> + Send>> {
        let outlines: DataSet<OutlineRow> =
            DataSet { location: self.location.clone(), files: self.files.clone(), most: self.most, rows: PhantomData };
        outlines.rows(category)
    }
}

/// The rows of the files of a category.
struct Rows<R> {
    category: Category,
    paths: std::vec::IntoIter<PathBuf>,
    records: Option<Records>,
    /// Where each question stood: its id may not come again.
    seen: HashMap<QuestionId, RowPlace>,
    kind: PhantomData<fn() -> R>,
}

impl<R: Row> Rows<R> {
    fn open_next(&mut self) -> Result<()> {
        self.records = match self.paths.next() {
            Some(path) => Some(records(&path, R::COLUMNS)?),
            None => None,
        };
        Ok(())
    }

    fn next_row(&mut self) -> Result<Option<R>> {
        while let Some(records) = &mut self.records {
            let Some(record) = records.next().transpose()? else {
                self.open_next()?;
                continue;
            };
            let place = record.place.clone();
            let row = R::read(record, &self.category)?;
            if let Some(id) = row.unique_id()
                && let Some(first) = self.seen.insert(id.clone(), place.clone())
            {
                return Err(DataError::DuplicateQuestion { question: id.clone(), first, second: place }.into());
            }
            return Ok(Some(row));
        }
        Ok(None)
    }
}

impl<R: Row> Iterator for Rows<R> {
    type Item = Result<R>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.next_row();
        if row.is_err() {
            self.records = None;
        }
        row.transpose()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn shards(folder: &Path, ids: [&[i64]; 2]) -> RewardSet {
        let paths = ["law-0.jsonl", "law-1.jsonl"].map(|name| folder.join(name));
        for (path, ids) in paths.iter().zip(ids) {
            let row = |id: &i64| format!("{{\"q_id\":{id},\"cot_ids\":[],\"rewards\":[]}}\n");
            std::fs::write(path, ids.iter().map(row).collect::<String>()).unwrap();
        }
        let files = vec![FilesOfCategory { category: "law".into(), paths: paths.to_vec() }];
        DataSet { location: Location::Path(folder.to_owned()), files, most: None, rows: PhantomData }
    }

    #[test]
    fn shards_are_read_one_after_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let rows: Vec<RewardRow> =
            shards(folder.path(), [&[1, 2], &[3]]).rows(&"law".into()).unwrap().collect::<Result<_>>().unwrap();
        assert_eq!(rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
    }

    #[test]
    fn a_question_that_comes_in_two_shards_is_named_with_both_files() {
        let folder = tempfile::tempdir().unwrap();
        let mut rows = shards(folder.path(), [&[1, 2], &[3, 1, 4]]).rows(&"law".into()).unwrap();
        let message = rows.find_map(Result::err).unwrap().to_string();
        for part in ["question 1 is there twice", "law-0.jsonl, line 1", "law-1.jsonl, line 2"] {
            assert!(message.contains(part), "{message}");
        }
        assert!(rows.next().is_none(), "nothing comes after an error");
    }

    #[test]
    fn a_second_shard_that_is_gone_is_named_when_its_turn_comes() {
        let folder = tempfile::tempdir().unwrap();
        let set = shards(folder.path(), [&[1], &[2]]);
        std::fs::remove_file(folder.path().join("law-1.jsonl")).unwrap();
        let mut rows = set.rows(&"law".into()).unwrap();
        assert!(rows.next().unwrap().is_ok());
        let message = rows.next().unwrap().unwrap_err().to_string();
        assert!(message.contains("could not open") && message.contains("law-1.jsonl"), "{message}");
    }
}
