//! An answer extractor.

use touchstone_sdk::{AnswerExtractor, Error, Result};

/// The answer is what stands behind the last mark. A solution with NUL is an error.
#[touchstone_sdk::settings]
pub struct After {
    /// The mark.
    pub mark: char,
}

impl AnswerExtractor for After {
    fn extract(&self, solution: &str) -> Result<Option<String>> {
        if solution.contains('\0') {
            return Err(Error::plugin("after", "the solution holds NUL"));
        }
        let behind = solution.rsplit_once(self.mark).map(|(_, behind)| behind.trim());
        Ok(behind.filter(|answer| !answer.is_empty()).map(str::to_owned))
    }
}
