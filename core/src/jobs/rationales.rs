//! The rationales of a category's CoTs, in a file of their own beside the rewards.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::Shard;
use crate::atomic::{WriteError, write_atomically};
use crate::data::OutlineRow;
use crate::verifier::ScoredCot;
use crate::{Category, CotId, Error, QuestionId, Rationale, Rationales, Result};

/// The file of a category's rationales in `folder`: all of it, or of one shard.
pub(super) fn rationale_file(folder: &Path, category: &Category, shard: Option<Shard>) -> PathBuf {
    folder.join(match shard {
        None => format!("{category}_rationales.jsonl"),
        Some(shard) => format!("{category}_rationales-{:05}-of-{:05}.jsonl", shard.index(), shard.count()),
    })
}

/// Holds the rationales of CoTs whose rewards are about to come. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Shelf(Arc<Mutex<Held>>);

/// By question and CoT.
type Held = HashMap<(QuestionId, CotId), Vec<Rationale>>;

impl Shelf {
    /// Takes the rationales of a CoT down; none where there are none.
    pub fn take(&self, cot: ScoredCot<'_>) -> Vec<Rationale> {
        self.held().remove(&(cot.question.clone(), cot.cot)).unwrap_or_default()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rationales for Shelf {
    fn keep(&self, cot: ScoredCot<'_>, rationales: Vec<Rationale>) {
        self.held().insert((cot.question.clone(), cot.cot), rationales);
    }
}

/// A line of the file.
#[derive(Serialize)]
pub(super) struct KeptRationales<'a> {
    pub q_id: &'a QuestionId,
    pub cot_id: CotId,
    pub rationales: Vec<Rationale>,
}

impl KeptRationales<'_> {
    pub fn write(&self, writer: &mut dyn Write) -> Result<(), WriteError> {
        serde_json::to_writer(&mut *writer, self).map_err(std::io::Error::from)?;
        Ok(writeln!(writer)?)
    }
}

/// Joins the files of the shards, of which each holds a line for each CoT of its questions, into one in the order of the data.
///
/// # Errors
/// [`Error::Io`], also for a file that has too few lines.
pub(super) fn merge(shards: &[PathBuf], outline: &[OutlineRow], file: &Path) -> Result<()> {
    let mut open = Vec::new();
    for path in shards {
        let file = File::open(path).map_err(|error| Error::io("read", path, error))?;
        open.push((path, BufReader::new(file)));
    }
    let count = open.len();
    write_atomically(file, |writer| {
        for (place, row) in outline.iter().enumerate() {
            let (path, shard) = &mut open[place % count];
            for _ in &row.cot_ids {
                let mut line = Vec::new();
                let read = shard.read_until(b'\n', &mut line).map_err(|error| Error::io("read", *path, error))?;
                if read == 0 {
                    let ended = std::io::ErrorKind::UnexpectedEof;
                    let message = format!("there is no line for a CoT of question {}", row.id);
                    return Err(Error::io("read", *path, std::io::Error::new(ended, message)).into());
                }
                writer.write_all(&line)?;
            }
        }
        Ok(())
    })
}
