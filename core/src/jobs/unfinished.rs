//! What of a job is still to be done.

use std::path::PathBuf;

use super::{journal, journal_of};
use crate::{Category, Result};

/// The categories whose files are not there. A journal that is left beside its finished file is removed.
pub fn unfinished<'c>(
    categories: impl Iterator<Item = &'c Category>,
    file_of: impl Fn(&Category) -> PathBuf,
) -> Result<Vec<&'c Category>> {
    let mut unfinished = Vec::new();
    for category in categories {
        let file = file_of(category);
        if file.exists() {
            // Of a job that was killed between writing the file and this.
            journal::remove(&journal_of(&file))?;
        } else {
            unfinished.push(category);
        }
    }
    Ok(unfinished)
}
