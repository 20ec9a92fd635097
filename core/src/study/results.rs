//! Writing what an evaluation found.

use std::path::{Path, PathBuf};

use crate::evaluation::Outcome;
use crate::{Error, Result, write_atomically};

/// Writes `best_of_n.csv`, `weighted_vote.csv` and `evaluation.json` into `folder`, each at once and whole. Methods with
/// several replicates give one pair of tables for each: `best_of_n.csv` for the first, `best_of_n_replicate_2.csv` for the
/// second and so on. Returns the files.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io).
pub fn write_tables(outcome: &Outcome, folder: &Path) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).map_err(|error| Error::io("make the folder", folder, error))?;
    let mut written = Vec::new();
    let mut write = |name: String, text: String| {
        let path = folder.join(name);
        write_atomically(&path, |writer| Ok(writer.write_all(text.as_bytes())?))?;
        written.push(path);
        Ok::<(), Error>(())
    };
    for (place, tables) in outcome.published.iter().enumerate() {
        let suffix = if place == 0 { String::new() } else { format!("_replicate_{}", place + 1) };
        write(format!("best_of_n{suffix}.csv"), tables.best_of_n_csv())?;
        write(format!("weighted_vote{suffix}.csv"), tables.weighted_vote_csv())?;
    }
    let json = serde_json::to_string_pretty(&outcome.evaluation)
        .map_err(|error| Error::io("write the evaluation to", folder, error.into()))?;
    write("evaluation.json".to_owned(), json + "\n")?;
    Ok(written)
}
