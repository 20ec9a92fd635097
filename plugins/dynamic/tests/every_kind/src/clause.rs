//! A step splitter.

use std::ops::Range;

use touchstone_sdk::{Result, StepSplitter};

/// A step ends after each of a character.
#[touchstone_sdk::settings]
pub struct Clause {
    /// The character.
    pub end: char,
}

impl StepSplitter for Clause {
    fn split(&self, solution: &str) -> Result<Vec<Range<usize>>> {
        let mut start = 0;
        let pieces = solution.split_inclusive(self.end).map(|piece| {
            let range = start..start + piece.len();
            start = range.end;
            range
        });
        Ok(pieces.filter(|range| !solution[range.clone()].trim().is_empty()).collect())
    }
}
