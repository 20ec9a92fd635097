//! Scoring a test set.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Serialize;
use serde_json::Map;

use super::category::OpenCategory;
use super::error::Product;
use super::ingredients::Ingredients;
use super::provenance::Provenance;
use super::shard::of_shard;
use super::unfinished::unfinished;
use super::window::windows;
use super::{DataFingerprint, JobError, Shard, reward_file};
use crate::data::{OutlineRow, TestRow, TestSet};
use crate::verifier::Scope;
use crate::{Category, Context, Error, PluginSpec, ProgressStage, QuestionCots, Result, Verifier};

/// A job that gives rewards to every CoT of a test set, or of a shard of it.
///
/// ```no_run
/// use touchstone::data::TestSet;
/// use touchstone::jobs::{DataFingerprint, Scoring};
/// use touchstone::{Context, PluginSpec, Registry};
///
/// # fn main() -> touchstone::Result<()> {
/// let context = Context::new(Registry::builtin());
/// let test_set = TestSet::open(&"data/test".parse()?)?;
/// let scoring = Scoring {
///     context: &context,
///     verifier: &PluginSpec::named("length"),
///     test_set: &test_set,
///     fingerprint: &DataFingerprint::of(&test_set)?,
///     folder: "rewards/length".as_ref(),
///     shard: "0/4".parse().ok(),
///     keep_rationales: false,
/// };
/// for scored in scoring.run()? {
///     println!("{}: {} CoTs, {} missing rewards", scored.category, scored.cots, scored.missing);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Scoring<'a> {
    /// Plugins, progress, and whether to stop.
    pub context: &'a Context,
    /// The verifier, its paths relative to where the caller stands.
    pub verifier: &'a PluginSpec<dyn Verifier>,
    /// What is scored.
    pub test_set: &'a TestSet,
    /// The fingerprint of that.
    pub fingerprint: &'a DataFingerprint,
    /// Where the rewards go. Made where it is not there.
    pub folder: &'a Path,
    /// Which part of the questions; all where there is none.
    pub shard: Option<Shard>,
    /// Whether what a generative verifier writes is kept, too: `{category}_rationales.jsonl` beside the rewards.
    pub keep_rationales: bool,
}

/// A category whose file was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScoredCategory {
    /// The category.
    pub category: Category,
    /// The file.
    pub file: PathBuf,
    /// The file of the rationales, where they were to be kept and the verifier wrote any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rationales: Option<PathBuf>,
    /// How many questions it has.
    pub questions: usize,
    /// How many CoTs it has.
    pub cots: usize,
    /// How many of them an earlier run had scored before it was interrupted.
    pub resumed: usize,
    /// How many rewards are missing.
    pub missing: usize,
}

impl Scoring<'_> {
    /// Scores every category whose file is not there, and writes it at once and whole. What an interrupted job did is not done
    /// again. Returns the categories that were written.
    ///
    /// # Errors
    /// What opening or running the verifier gives, with the category; what cannot be written; a [`JobError`], among them
    /// [`JobError::Stopped`] once the context is cancelled. What was scored is kept in each case.
    pub fn run(&self) -> Result<Vec<ScoredCategory>> {
        let made_from = Ingredients::default().plugin(self.context, "verifier", self.verifier)?;
        let provenance = Provenance::new(made_from, self.fingerprint, self.shard);
        provenance.check(self.folder)?;
        let file_of = |category: &Category| reward_file(self.folder, category, self.shard);
        let unfinished = unfinished(self.test_set.categories(), file_of)?;
        if unfinished.is_empty() {
            return Ok(Vec::new());
        }
        std::fs::create_dir_all(self.folder).map_err(|error| Error::io("make the folder", self.folder, error))?;
        // All journals are locked before the verifier, which may take long, is opened.
        let mut categories = Vec::new();
        for category in unfinished {
            let more = Map::from_iter([("rationales".to_owned(), self.keep_rationales.into())]);
            let identity = provenance.of_category(category, self.shard, more);
            categories.extend(OpenCategory::open(self, category, &identity)?);
        }
        let verifier = self.context.registry().make(self.verifier)?.open(self.context)?;
        // Only now, so that settings which a verifier does not open with leave nothing behind.
        provenance.save(self.folder)?;
        self.score(&*verifier, categories)
    }

    fn score(&self, verifier: &dyn Verifier, categories: Vec<OpenCategory>) -> Result<Vec<ScoredCategory>> {
        let scope = verifier.scope();
        let mut parts = Vec::new();
        for category in categories {
            let outline = self.outline(&category.category)?;
            parts.push((category, outline));
        }
        let total: usize = parts.iter().map(|(category, outline)| category.remaining(outline, scope)).sum();
        let progress = self.context.start("scoring", Some(total as u64));
        let mut kept = parts.iter().map(|(category, _)| category.scored()).sum::<usize>();
        let mut written = Vec::new();
        for (category, outline) in parts {
            let before = category.scored();
            let scored = self.score_category(verifier, &category, &*progress);
            kept += category.scored() - before;
            let finished = scored.and_then(|()| {
                let name = category.category.clone();
                category.finish(&outline).map_err(|error| error.at(name.as_str()))
            });
            match finished {
                Ok(finished) => written.push(finished),
                Err(error) if error.is_cancelled() => {
                    let (product, folder) = (Product::Rewards, self.folder.to_owned());
                    return Err(JobError::Stopped { product, folder, kept }.into());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }

    fn score_category(
        &self,
        verifier: &dyn Verifier,
        category: &OpenCategory,
        progress: &dyn ProgressStage,
    ) -> Result<()> {
        let scored = self.score_windows(verifier, category, progress);
        // Also after an error, which is the one to tell.
        let synced = if scored.is_err() { category.sync() } else { Ok(()) };
        scored.and(synced).map_err(|error| error.at(category.category.as_str()))
    }

    fn score_windows(
        &self,
        verifier: &dyn Verifier,
        category: &OpenCategory,
        progress: &dyn ProgressStage,
    ) -> Result<()> {
        let scope = verifier.scope();
        for window in windows(self.units(category, scope)?) {
            let window = window?;
            let unkept = OnceLock::new();
            // Stops the verifier, and only it, where its rewards can no longer be kept.
            let mut context = self.context.clone().with_cancellation(self.context.clone());
            if let Some(shelf) = category.shelf() {
                context = context.with_rationales(shelf.clone());
            }
            let ended = verifier.score_all(&context, &window, &|cot, rewards| match category.keep(cot, rewards) {
                Ok(()) => progress.advance(1),
                Err(error) => {
                    // Of several errors the first is told.
                    let _ = unkept.set(error);
                    context.cancel();
                }
            });
            if let Some(error) = unkept.into_inner() {
                return Err(error);
            }
            ended?;
            category.check_scored(&window)?;
            self.context.check_cancelled()?;
        }
        Ok(())
    }

    /// What is to be scored of a category, question by question.
    fn units<'a>(
        &self,
        category: &'a OpenCategory,
        scope: Scope,
    ) -> Result<impl Iterator<Item = Result<QuestionCots>> + use<'a>> {
        let rows = of_shard(self.shard, self.test_set.rows(&category.category)?);
        Ok(rows.filter_map(move |row: Result<TestRow>| match row {
            Ok(row) => category.unscored(row, scope).map(Ok),
            Err(error) => Some(Err(error)),
        }))
    }

    fn outline(&self, category: &Category) -> Result<Vec<OutlineRow>> {
        let rows = self.test_set.outline(category).and_then(|rows| of_shard(self.shard, rows).collect());
        rows.map_err(|error: Error| error.at(category.as_str()))
    }
}
