//! What a run was made from, so that the same run again has nothing to do.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Study;
use crate::data::{DataSet, RewardSet, Row};
use crate::jobs::fingerprint;
use crate::{Recipe, Result, write_atomically};

/// What went into a run and what came out, by content. Kept as `run.json` in the recipe's `out`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The version of this program.
    touchstone: String,
    recipe: Recipe,
    inputs: Vec<FileDigest>,
    outputs: Vec<FileDigest>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct FileDigest {
    path: PathBuf,
    md5: String,
}

impl Record {
    /// Reads the inputs of a study that has its rewards.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of(study: &Study) -> Result<Self> {
        let mut inputs = paths(&study.test_set);
        inputs.extend(study.context.registry().libraries().map(Path::to_owned));
        for place in 0..study.recipe.methods.len() {
            for location in study.reward_locations(place)? {
                inputs.extend(paths(&RewardSet::open(&location)?));
            }
        }
        Ok(Self {
            touchstone: env!("CARGO_PKG_VERSION").to_owned(),
            recipe: study.recipe.clone(),
            inputs: inputs.into_iter().map(FileDigest::of).collect::<Result<_>>()?,
            outputs: Vec::new(),
        })
    }

    /// Whether the run that this record describes was made before, and everything that it wrote is still as it was.
    pub fn is_current(&self) -> bool {
        let kept = std::fs::read(self.path()).ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        kept.is_some_and(|kept| {
            let unchanged = |output: &FileDigest| FileDigest::of(output.path.clone()).is_ok_and(|now| now == *output);
            kept.outputs.iter().all(unchanged) && Self { outputs: Vec::new(), ..kept } == *self
        })
    }

    /// Writes the record, now that `outputs` are written.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn save(mut self, outputs: Vec<PathBuf>) -> Result<()> {
        self.outputs = outputs.into_iter().map(FileDigest::of).collect::<Result<_>>()?;
        write_atomically(self.path(), |writer| {
            Ok(serde_json::to_writer_pretty(writer, &self).map_err(std::io::Error::from)?)
        })
    }

    fn path(&self) -> PathBuf {
        self.recipe.out.join("run.json")
    }
}

impl FileDigest {
    fn of(path: PathBuf) -> Result<Self> {
        Ok(Self { md5: fingerprint::file(&path)?, path })
    }
}

/// Every file of a set.
fn paths<R: Row>(set: &DataSet<R>) -> Vec<PathBuf> {
    set.files().iter().flat_map(|files| files.paths.clone()).collect()
}
