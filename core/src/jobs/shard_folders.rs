//! The folders that a job's shards lie in.

use std::path::{Path, PathBuf};

use super::provenance::Provenance;
use super::{DataFingerprint, JobError, Shard};
use crate::{Category, Error, Result};

/// Folders of shards that are to be joined.
pub struct ShardFolders<'a> {
    pub shards: &'a [PathBuf],
    /// The fingerprint of the data that was worked on.
    pub fingerprint: &'a DataFingerprint,
    /// Where the whole files go.
    pub into: &'a Path,
}

impl ShardFolders<'_> {
    /// What all shards were made from.
    pub fn provenance(&self) -> Result<Provenance> {
        let mut common: Option<Provenance> = None;
        for folder in self.shards {
            let same =
                |other: &Path| folder.canonicalize().ok().is_some_and(|full| other.canonicalize().ok() == Some(full));
            if same(self.into) {
                return Err(JobError::SameFolder { folder: folder.clone() }.into());
            }
            let found = Provenance::read(folder)?.filter(|found| found.shards().is_some());
            let found = found.ok_or_else(|| JobError::NoShards { folder: folder.clone() })?;
            let differences = common.as_ref().map(|common| common.differences(&found)).unwrap_or_default();
            let other_data = found.other_data(self.fingerprint);
            let differences = if differences.is_empty() { other_data } else { differences };
            if !differences.is_empty() {
                return Err(found.refusal(folder, differences).into());
            }
            common.get_or_insert(found);
        }
        let common = common.ok_or_else(|| JobError::NoShards { folder: PathBuf::from(".") })?;
        Ok(common.with_data(self.fingerprint))
    }

    /// Makes the folder for the whole files, which says what they are made from, and gives the files of every category's shards,
    /// in the shards' order.
    pub fn begin<'c>(
        &self,
        provenance: &Provenance,
        categories: impl Iterator<Item = &'c Category>,
        file_of: impl Fn(&Path, &Category, Option<Shard>) -> PathBuf,
    ) -> Result<Vec<(Category, Vec<PathBuf>)>> {
        let count = provenance.shards().unwrap_or_default();
        let shards: Vec<Shard> = (0..count).filter_map(|index| Shard::new(index, count)).collect();
        let whole = provenance.clone().merged();
        whole.check(self.into)?;
        let found: Vec<(Category, Vec<PathBuf>)> = categories
            .map(|category| Ok((category.clone(), self.files(category, &shards, &file_of)?)))
            .collect::<Result<_>>()?;
        std::fs::create_dir_all(self.into).map_err(|error| Error::io("make the folder", self.into, error))?;
        whole.save(self.into)?;
        Ok(found)
    }

    /// The files of the shards of a category, in the shards' order.
    fn files(
        &self,
        category: &Category,
        shards: &[Shard],
        file_of: &impl Fn(&Path, &Category, Option<Shard>) -> PathBuf,
    ) -> Result<Vec<PathBuf>> {
        let find = |shard: &Shard| {
            let candidates = self.shards.iter().map(|folder| file_of(folder, category, Some(*shard)));
            let mut found = candidates.filter(|file| file.exists());
            match (found.next(), found.next()) {
                (Some(file), None) => Ok(file),
                (Some(first), Some(second)) => {
                    Err(JobError::ShardTwice { category: category.clone(), first, second }.into())
                }
                (None, _) => {
                    let name = file_of(Path::new(""), category, Some(*shard));
                    let file = name.display().to_string();
                    Err(Error::from(JobError::MissingShard { category: category.clone(), file }))
                }
            }
        };
        shards.iter().map(find).collect()
    }
}
