//! Shards to whole files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::rationales::rationale_file;
use super::shard_folders::ShardFolders;
use super::{DataFingerprint, JobError, Shard, rationales, reward_file};
use crate::data::{Location, OutlineRow, RewardRow, RewardSet, TestSet, write_rewards};
use crate::{Category, QuestionId, Result};

/// Joins the shards of one scoring job, and proves by the test set that no question and no CoT is missing or doubled. The
/// files are to the byte those of a job without shards.
pub struct Merge<'a> {
    /// The folders that the shards lie in: one, or those of several machines.
    pub shards: &'a [PathBuf],
    /// What was scored; its categories are merged.
    pub test_set: &'a TestSet,
    /// The fingerprint of that.
    pub fingerprint: &'a DataFingerprint,
    /// Where the whole files go.
    pub folder: &'a Path,
}

/// A category whose shards were joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MergedCategory {
    /// The category.
    pub category: Category,
    /// The whole file.
    pub file: PathBuf,
    /// The file of the rationales, where every shard kept them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rationales: Option<PathBuf>,
    /// How many questions it has.
    pub questions: usize,
    /// How many CoTs it has.
    pub cots: usize,
}

/// The rows of one shard of a category.
struct ShardRows {
    file: PathBuf,
    rows: HashMap<QuestionId, RewardRow>,
}

impl Merge<'_> {
    /// Writes a file for each category of the test set.
    ///
    /// # Errors
    /// Shards that were made from other data or by another verifier, or of another count; shards, questions or CoTs that are
    /// missing, doubled or foreign, with file, category and question. Nothing is written then for this category.
    pub fn run(&self) -> Result<Vec<MergedCategory>> {
        let folders = ShardFolders { shards: self.shards, fingerprint: self.fingerprint, into: self.folder };
        let provenance = folders.provenance()?;
        let categories = folders.begin(&provenance, self.test_set.categories(), reward_file)?;
        categories.into_iter().map(|(category, files)| self.merge(&category, files)).collect()
    }

    fn merge(&self, category: &Category, files: Vec<PathBuf>) -> Result<MergedCategory> {
        let mut shards = files.into_iter().map(ShardRows::read).collect::<Result<Vec<_>>>()?;
        let outline = self.test_set.outline(category)?.collect::<Result<Vec<_>>>()?;
        let count = shards.len();
        let rows = outline.iter().enumerate().map(|(place, row)| take(category, row, &mut shards, place % count));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        if let Some((shard, question)) = shards.iter().find_map(|shard| Some((shard, shard.rows.keys().min()?))) {
            let (category, question, file) = (category.clone(), question.clone(), shard.file.clone());
            return Err(match outline.iter().position(|row| row.id == question) {
                Some(place) => {
                    let first = shards[place % count].file.clone();
                    JobError::QuestionTwice { category, question, first, second: file }
                }
                None => JobError::ForeignQuestion { category, question, file },
            }
            .into());
        }
        // Before the rewards, whose file says that the category is done.
        let rationales = self.merge_rationales(category, &shards, &outline)?;
        let file = reward_file(self.folder, category, None);
        write_rewards(&file, rows.iter().map(Ok))?;
        let cots = rows.iter().map(|row| row.cot_ids.len()).sum();
        Ok(MergedCategory { category: category.clone(), file, rationales, questions: rows.len(), cots })
    }

    /// Joins the rationales that lie beside the shards, where every shard kept them.
    fn merge_rationales(
        &self,
        category: &Category,
        shards: &[ShardRows],
        outline: &[OutlineRow],
    ) -> Result<Option<PathBuf>> {
        let beside = |(index, shard): (usize, &ShardRows)| {
            let shard_of = Shard::new(index as u32, shards.len() as u32);
            rationale_file(shard.file.parent().unwrap_or(Path::new("")), category, shard_of)
        };
        let files: Vec<PathBuf> = shards.iter().enumerate().map(beside).collect();
        if !files.iter().all(|file| file.exists()) {
            return Ok(None);
        }
        let file = rationale_file(self.folder, category, None);
        rationales::merge(&files, outline, &file)?;
        Ok(Some(file))
    }
}

impl ShardRows {
    fn read(file: PathBuf) -> Result<Self> {
        let set = RewardSet::open(&Location::Path(file.clone()))?;
        let mut rows = HashMap::new();
        for category in set.categories() {
            for row in set.rows(category)? {
                let row = row?;
                rows.insert(row.id.clone(), row);
            }
        }
        Ok(Self { file, rows })
    }
}

/// The rewards of a question of the test set, out of the shard whose it is.
fn take(category: &Category, question: &OutlineRow, shards: &mut [ShardRows], owner: usize) -> Result<RewardRow> {
    let category = category.clone();
    let Some(row) = shards[owner].rows.remove(&question.id) else {
        let file = shards[owner].file.clone();
        return Err(JobError::MissingQuestion { category, question: question.id.clone(), file }.into());
    };
    if row.cot_ids != question.cot_ids {
        let (file, expected) = (shards[owner].file.clone(), question.cot_ids.clone());
        return Err(JobError::OtherCots { category, question: row.id, file, found: row.cot_ids, expected }.into());
    }
    Ok(RewardRow { id: question.id.clone(), ..row })
}
