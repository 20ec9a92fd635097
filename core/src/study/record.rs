//! What a run was made from, so that the same run again has nothing to do.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::Study;
use crate::data::{DataSet, RewardSet, Row};
use crate::hexadecimal::hexadecimal;
use crate::{Error, Recipe, Result, write_atomically};

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
        Ok(Self { md5: file_digest(&path)?, path })
    }
}

/// The digest of a file, by content.
pub(super) fn file_digest(path: &Path) -> Result<String> {
    Ok(hexadecimal(digest(path, Md5::new())?.finalize()))
}

impl Study {
    /// The digest of the test set's files, by content.
    pub(super) fn data_digest(&self) -> Result<String> {
        let all = paths(&self.test_set).iter().try_fold(Md5::new(), |hash, path| digest(path, hash))?;
        Ok(hexadecimal(all.finalize()))
    }
}

/// Every file of a set.
fn paths<R: Row>(set: &DataSet<R>) -> Vec<PathBuf> {
    set.files().iter().flat_map(|files| files.paths.clone()).collect()
}

fn digest(path: &Path, mut hash: Md5) -> Result<Md5> {
    let failed = |error| Error::io("read", path, error);
    let mut file = File::open(path).map_err(failed)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(hash),
            length => hash.update(&buffer[..length]),
        }
    }
}
