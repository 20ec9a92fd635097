//! The accuracies of a file.

use std::path::Path;

use touchstone::evaluation::document::Strategy;

use super::Table;
use crate::error::{Error, Result};

impl Table {
    /// Reads `evaluation.json`, of which `strategy` is taken, or one of the CSV files; told by the extension `json`.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::NotAnEvaluation`], or [`Error::InFile`] with what is wrong in the CSV.
    pub fn read(path: &Path, strategy: Strategy) -> Result<Self> {
        let in_file = |source| Error::InFile { path: path.to_owned(), source };
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            let evaluation = crate::read_evaluation(path)?;
            return Self::from_evaluation(&evaluation, strategy).map_err(in_file);
        }
        let text = std::fs::read_to_string(path).map_err(|error| Error::io("read the table", path, error))?;
        Self::from_csv(&text).map_err(in_file)
    }
}
