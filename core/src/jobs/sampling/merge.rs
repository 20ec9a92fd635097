//! Shards of sampled CoTs to whole files.

use std::path::{Path, PathBuf};

use super::{FileFormat, cot_file};
use crate::data::{DataError, Location, QuestionSet, TestRow, TestSet, write_test_set};
use crate::jobs::provenance::Provenance;
use crate::jobs::shard_folders::ShardFolders;
use crate::jobs::{DataFingerprint, JobError, MergedCategory};
use crate::{Category, CotId, Error, Question, Result};

/// Joins the shards of one sampling job, and proves by the questions that none of them and no CoT is missing or doubled. The files
/// are to the byte those of a job without shards.
pub struct SamplingMerge<'a> {
    /// The folders that the shards lie in: one, or those of several machines.
    pub shards: &'a [PathBuf],
    /// What was solved; its categories are merged.
    pub questions: &'a QuestionSet,
    /// The fingerprint of that.
    pub fingerprint: &'a DataFingerprint,
    /// Where the whole files go.
    pub folder: &'a Path,
}

/// How the shards were made.
struct Form {
    format: FileFormat,
    cot_ids: Vec<CotId>,
}

impl SamplingMerge<'_> {
    /// Writes a file for each category of the question set.
    ///
    /// # Errors
    /// Shards that were made from other data or with other settings, or of another count; shards, questions or CoTs that are
    /// missing, doubled or foreign, with file, category and question. Nothing is written then for this category.
    pub fn run(&self) -> Result<Vec<MergedCategory>> {
        let folders = ShardFolders { shards: self.shards, fingerprint: self.fingerprint, into: self.folder };
        let provenance = folders.provenance()?;
        let form = self.form(&provenance)?;
        let file_of = |folder: &Path, category: &Category, shard| cot_file(folder, category, shard, form.format);
        let categories = folders.begin(&provenance, self.questions.categories(), file_of)?;
        categories.into_iter().map(|(category, files)| self.merge(category, &files, &form)).collect()
    }

    fn form(&self, provenance: &Provenance) -> Result<Form> {
        let format = provenance.setting("format").cloned().and_then(|format| serde_json::from_value(format).ok());
        let samples = provenance.setting("samples").and_then(serde_json::Value::as_i64);
        let no_shards = || JobError::NoShards { folder: self.shards.first().cloned().unwrap_or_default() };
        let (format, samples) = format.zip(samples).ok_or_else(no_shards)?;
        Ok(Form { format, cot_ids: (0..samples).map(CotId).collect() })
    }

    fn merge(&self, category: Category, files: &[PathBuf], form: &Form) -> Result<MergedCategory> {
        let mut shards = files.iter().map(|file| ShardRows::open(file)).collect::<Result<Vec<_>>>()?;
        let count = shards.len();
        let (mut questions, mut cots) = (0, 0);
        let file = cot_file(self.folder, &category, None, form.format);
        let mut rows = self.questions.rows(&category)?.enumerate();
        let joined = std::iter::from_fn(|| match rows.next() {
            Some((place, question)) => {
                let row = question.and_then(|row| shards[place % count].take(&category, row.question, form));
                questions += 1;
                cots += row.as_ref().map_or(0, |row| row.cots.len());
                Some(row)
            }
            None => shards.iter_mut().find_map(|shard| shard.left_over(&category)).map(Err),
        });
        write_test_set(&file, joined)?;
        Ok(MergedCategory { category, file, rationales: None, questions, cots })
    }
}

/// The rows of one shard of a category, one after the other: they come in the order of the data.
struct ShardRows {
    file: PathBuf,
    rows: Box<dyn Iterator<Item = Result<TestRow>> + Send>,
}

impl ShardRows {
    fn open(file: &Path) -> Result<Self> {
        let set = TestSet::open(&Location::Path(file.to_owned()))?;
        let category = set.categories().next().cloned();
        let rows = match category {
            Some(category) => set.rows(&category)?,
            None => Box::new(std::iter::empty()),
        };
        // A file of lines without any is a shard without questions.
        let rows = rows.filter(|row| !matches!(row, Err(Error::Data(DataError::Empty { .. }))));
        Ok(Self { file: file.to_owned(), rows: Box::new(rows) })
    }

    /// The CoTs of this question, which is the next one of this shard.
    fn take(&mut self, category: &Category, question: Question, form: &Form) -> Result<TestRow> {
        let row = match self.rows.next().transpose()? {
            Some(row) if row.question.id == question.id => row,
            _ => {
                let (category, file) = (category.clone(), self.file.clone());
                return Err(JobError::MissingQuestion { category, question: question.id, file }.into());
            }
        };
        let found: Vec<CotId> = row.cots.iter().map(|cot| cot.id).collect();
        if found != form.cot_ids {
            let (category, file, expected) = (category.clone(), self.file.clone(), form.cot_ids.clone());
            return Err(JobError::OtherCots { category, question: question.id, file, found, expected }.into());
        }
        Ok(TestRow { question, ..row })
    }

    /// The error of a row that is there when all questions were taken.
    fn left_over(&mut self, category: &Category) -> Option<Error> {
        let row = match self.rows.next()? {
            Ok(row) => row,
            Err(error) => return Some(error),
        };
        let (category, file) = (category.clone(), self.file.clone());
        Some(JobError::ForeignQuestion { category, question: row.question.id, file }.into())
    }
}
