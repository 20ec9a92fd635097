//! Scoring what has no rewards yet.

use super::Study;
use crate::Result;
use crate::jobs::{DataFingerprint, ScoredCategory, Scoring};

impl Study {
    /// Scores the test set with every method that has a verifier and no rewards yet, a file for each category. A file that
    /// is there is kept; what an interrupted run scored is not scored again. Returns the files that were written.
    ///
    /// # Errors
    /// As [`Scoring::run`], with the method.
    pub fn score(&self) -> Result<Vec<ScoredCategory>> {
        if self.recipe.methods.iter().all(|method| method.verifier.is_none()) {
            return Ok(Vec::new());
        }
        let fingerprint = DataFingerprint::of(&self.test_set)?;
        let mut written = Vec::new();
        for method in &self.recipe.methods {
            let Some(verifier) = &method.verifier else { continue };
            let scoring = Scoring {
                context: &self.context,
                verifier,
                test_set: &self.test_set,
                fingerprint: &fingerprint,
                folder: &self.scored_folder(&method.name),
                shard: None,
                keep_rationales: method.keep_rationales,
            };
            written.extend(scoring.run().map_err(|error| error.at(format!("method {:?}", method.name)))?);
        }
        Ok(written)
    }
}
