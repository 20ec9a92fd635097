//! What the files in a folder were made from, kept beside them as `provenance.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::error::Product;
use super::ingredients::Ingredients;
use super::{DataFingerprint, Difference, Identity, JobError, Shard};
use crate::{Category, Error, Result, write_atomically};

const FILE: &str = "provenance.json";

/// What the files in a folder were made from, so that those of other settings, or of other data, are never taken for a job's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The settings, less those that change no result. One that names files on this machine is replaced by their digests: what
    /// counts is what lies there, not where it lies.
    #[serde(flatten)]
    settings: Map<String, Value>,
    /// The data set's files, by content, for each category that was worked on.
    data: BTreeMap<Category, String>,
    /// The libraries of the plugins in the settings, by content: built again, they may give other results.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    libraries: BTreeSet<String>,
    /// Templates that results depend on, by content: of a verifier's only those of the user, in place of built-in ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    templates: BTreeMap<String, String>,
    /// Into how many shards the questions are split, where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shards: Option<u32>,
}

impl Provenance {
    /// What is made of this data with these settings.
    pub fn new(made_from: Ingredients, data: &DataFingerprint, shard: Option<Shard>) -> Self {
        let Ingredients { settings, libraries, templates } = made_from;
        Self { settings, data: data.digests().clone(), libraries, templates, shards: shard.map(Shard::count) }
    }

    /// A setting.
    pub fn setting(&self, field: &str) -> Option<&Value> {
        self.settings.get(field)
    }

    /// What is made so.
    fn product(&self) -> Product {
        if self.settings.contains_key("verifier") {
            Product::Rewards
        } else if self.settings.contains_key("critiques") {
            Product::Critiques
        } else {
            Product::Cots
        }
    }

    /// What `folder` says that its files were made from.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Ok(bytes) => {
                Ok(serde_json::from_slice(&bytes).map(Some).map_err(|error| Error::io("read", &path, error.into()))?)
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(Error::io("read", &path, error)),
        }
    }

    /// Makes sure that `folder` is empty, or holds files that were made from the same.
    pub fn check(&self, folder: &Path) -> Result<()> {
        match Self::read(folder)? {
            Some(found) => {
                let differences = found.differences(self);
                if differences.is_empty() || is_empty(folder) {
                    return Ok(());
                }
                Err(self.refusal(folder, differences).into())
            }
            None if is_empty(folder) => Ok(()),
            // Another process may have begun this folder just now.
            None if Self::read(folder)?.is_some() => self.check(folder),
            None => Err(JobError::Foreign { folder: folder.to_owned() }.into()),
        }
    }

    /// That what is in `folder` was made otherwise than this.
    pub fn refusal(&self, folder: &Path, differences: Vec<Difference>) -> JobError {
        JobError::MadeOtherwise { product: self.product(), folder: folder.to_owned(), differences }
    }

    /// Says in `folder` what its files are made from. Categories that were finished before stay named.
    pub fn save(&self, folder: &Path) -> Result<()> {
        self.check(folder)?;
        let mut all = self.clone();
        let before = Self::read(folder)?.filter(|found| found.differences(self).is_empty());
        all.data.extend(before.iter().flat_map(|before| before.data.clone()));
        if before.is_some_and(|before| before == all) {
            return Ok(());
        }
        write_atomically(folder.join(FILE), |writer| {
            Ok(serde_json::to_writer_pretty(writer, &all).map_err(std::io::Error::from)?)
        })
    }

    /// Every field in which `now` is not as this was; a category that only one of them names is no difference.
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        let mut before = self.clone();
        before.data.retain(|category, _| now.data.contains_key(category));
        let mut now = now.clone();
        now.data.retain(|category, _| before.data.contains_key(category));
        before.identity().differences(&now.identity())
    }

    /// Every category that was made from other data than this.
    pub fn other_data(&self, data: &DataFingerprint) -> Vec<Difference> {
        self.differences(&self.clone().with_data(data))
    }

    /// The same of this data.
    pub fn with_data(self, data: &DataFingerprint) -> Self {
        Self { data: data.digests().clone(), ..self }
    }

    /// The same, not in shards.
    pub fn merged(self) -> Self {
        Self { shards: None, ..self }
    }

    /// Into how many shards the questions are split, where they are.
    pub fn shards(&self) -> Option<u32> {
        self.shards
    }

    /// The identity of the job that works on one category: this, and what else the records of its journal depend on.
    pub fn of_category(&self, category: &Category, shard: Option<Shard>, more: Map<String, Value>) -> Identity {
        let mut made_from = self.common();
        made_from.extend([
            ("touchstone".to_owned(), json!(env!("CARGO_PKG_VERSION"))),
            ("shard".to_owned(), json!(shard.map(|shard| shard.to_string()))),
            ("data".to_owned(), json!(self.data.get(category))),
        ]);
        made_from.extend(more);
        Identity::new(Value::Object(made_from))
    }

    fn identity(&self) -> Identity {
        let mut made_from = self.common();
        made_from.extend([("data".to_owned(), json!(self.data)), ("shards".to_owned(), json!(self.shards))]);
        Identity::new(Value::Object(made_from))
    }

    fn common(&self) -> Map<String, Value> {
        let mut common = self.settings.clone();
        common
            .extend([("libraries".to_owned(), json!(self.libraries)), ("templates".to_owned(), json!(self.templates))]);
        common
    }
}

/// Whether there is nothing in the folder that is anyone's: hidden files are those of killed processes, and journals know what
/// they are made from.
fn is_empty(folder: &Path) -> bool {
    let of_no_one = |name: &str| name == FILE || name.starts_with('.') || name.ends_with(".journal");
    let mut names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.all(|name| name.to_str().is_some_and(of_no_one))
}
