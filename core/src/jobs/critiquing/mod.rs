//! Critiques of training rows.

mod category;
mod settings;

pub use settings::CritiquingSettings;

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};

use self::category::{OfRow, OpenCategory};
use super::completions::Asking;
use super::error::Product;
use super::ingredients::Ingredients;
use super::provenance::Provenance;
use super::sampling::{FileFormat, cot_file};
use super::shard::of_shard;
use super::unfinished::unfinished;
use super::{DataFingerprint, JobError, Shard};
use crate::data::{TrainingRow, TrainingSet};
use crate::generator::Prompt;
use crate::{Category, Context, Cot, Error, Generator, ProgressStage, Question, Result};

/// What asks a generator for critiques. Implemented beside the verifiers whose training data is made.
pub trait CritiquePrompts: Sync {
    /// The prompt that asks for a critique of this CoT.
    ///
    /// # Errors
    /// What the template or the generator's chat template says.
    fn prompt(&self, generator: &dyn Generator, context: &Context, question: &Question, cot: &Cot) -> Result<Prompt>;

    /// The templates that prompts are made by, by name, with their texts.
    fn templates(&self) -> Vec<(String, String)>;

    /// What else prompts hang on, by name.
    fn settings(&self) -> Map<String, Value>;
}

/// A job that has critiques of every row of a training set written: from them the training data of generative reward models is
/// made.
///
/// A critique is kept as soon as it is written. A row that lacks any is asked for again whole, since generators number samples
/// from 0; what was kept stays as it was. With a generator whose completions follow from prompt, number and seed, a job that was
/// interrupted writes the same bytes as one that was not.
#[derive(Clone, Copy)]
pub struct Critiquing<'a> {
    /// Plugins, progress, and whether to stop.
    pub context: &'a Context,
    /// How critiques are made, paths relative to where the caller stands.
    pub settings: &'a CritiquingSettings,
    /// What asks for them.
    pub prompts: &'a dyn CritiquePrompts,
    /// The rows.
    pub rows: &'a TrainingSet,
    /// The fingerprint of these.
    pub fingerprint: &'a DataFingerprint,
    /// Where the rows with their critiques go, as `{category}.json`. Made where it is not there.
    pub folder: &'a Path,
    /// Which part of the rows; all where there is none. The files of all shards in one folder are a training set as they are.
    pub shard: Option<Shard>,
}

/// A category whose file was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CritiquedCategory {
    /// The category.
    pub category: Category,
    /// The file.
    pub file: PathBuf,
    /// How many rows were critiqued.
    pub rows: usize,
    /// How many critiques there are, each in a row of its own.
    pub critiques: usize,
    /// How many of them an earlier run had written before it was interrupted.
    pub resumed: usize,
    /// How many the token budget cut short.
    pub cut_short: usize,
    /// How many were never begun, because the prompt fills the model's context.
    pub prompt_too_long: usize,
}

impl Critiquing<'_> {
    /// Has critiques written for every category whose file is not there, and writes it at once and whole. What an interrupted job
    /// did is not done again. Returns the categories that were written.
    ///
    /// # Errors
    /// What opening or running the generator gives, with the category; what the prompt's template says, with question and CoT;
    /// what cannot be read or written; a [`JobError`], among them [`JobError::Stopped`] once the context is cancelled. What was
    /// written is kept in each case.
    pub fn run(&self) -> Result<Vec<CritiquedCategory>> {
        let registry = self.context.registry();
        registry.check(&self.settings.sampler)?;
        let made_from = Provenance::new(self.ingredients()?, self.fingerprint, self.shard);
        made_from.check(self.folder)?;
        let left = unfinished(self.rows.categories(), |category| self.file(category))?;
        if left.is_empty() {
            return Ok(Vec::new());
        }
        std::fs::create_dir_all(self.folder).map_err(|error| Error::io("make the folder", self.folder, error))?;
        // All journals are locked, and all rows read once, before the generator, which may take long, is opened.
        let mut categories = Vec::new();
        let mut total = 0;
        for category in left {
            let identity = made_from.of_category(category, self.shard, Map::new());
            if let Some(open) = OpenCategory::open(self, category, &identity)? {
                let rows = self.rows_of(category)?.try_fold(0, |count, row| row.map(|_| count + 1));
                let rows: usize = rows.map_err(|error| error.at(category.as_str()))?;
                total += (rows * self.settings.critiques.get()).saturating_sub(open.critiques.count());
                categories.push(open);
            }
        }
        let generator = registry.make(&self.settings.generator)?.open(self.context)?;
        // Only now, so that settings which a generator does not open with leave nothing behind.
        made_from.save(self.folder)?;
        let progress = self.context.start("critiquing", Some(total as u64));
        self.all(categories, &*generator, &*progress)
    }

    fn all(
        &self,
        categories: Vec<OpenCategory>,
        generator: &dyn Generator,
        progress: &dyn ProgressStage,
    ) -> Result<Vec<CritiquedCategory>> {
        let mut kept = categories.iter().map(|open| open.critiques.count()).sum::<usize>();
        let mut written = Vec::new();
        for open in categories {
            let before = open.critiques.count();
            let name = open.category.clone();
            let completed = self.complete(&open, generator, progress);
            kept += open.critiques.count() - before;
            let finished = completed.and_then(|()| open.finish(self.rows_of(&name)?));
            match finished.map_err(|error| error.at(name.as_str())) {
                Ok(finished) => written.push(finished),
                Err(error) if error.is_cancelled() => {
                    let (product, folder) = (Product::Critiques, self.folder.to_owned());
                    return Err(JobError::Stopped { product, folder, kept }.into());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }

    fn complete(&self, open: &OpenCategory, generator: &dyn Generator, progress: &dyn ProgressStage) -> Result<()> {
        let (context, request) = (self.context, self.settings.request());
        let lacking = |(place, row): &(usize, Result<TrainingRow>)| match row {
            Ok(row) => open.critiques.lacks(&OfRow::new(*place, row)),
            Err(_) => true,
        };
        let rows = self.rows_of(&open.category)?.enumerate().filter(lacking);
        let prompts = rows.map(|(place, row)| {
            let row = row?;
            let prompt = self.prompts.prompt(generator, context, &row.question, &row.cot);
            let prompt =
                prompt.map_err(|error| error.at(format!("question {}, CoT {}", row.question.id, row.cot.id)))?;
            Ok((OfRow::new(place, &row), prompt))
        });
        Asking { context, generator, request: &request, progress }.complete(&open.critiques, prompts)
    }

    /// What critiques are made from.
    fn ingredients(&self) -> Result<Ingredients> {
        let settings = self.settings;
        let made_from = Ingredients::default()
            .plugin(self.context, "generator", &settings.generator)?
            .plugin(self.context, "sampler", &settings.sampler)?
            .value("critiques", settings.critiques.get())
            .value("max_tokens", settings.max_tokens.get())
            .value("seed", settings.seed);
        let made_from = self
            .prompts
            .settings()
            .into_iter()
            .fold(made_from, |made_from, (name, value)| made_from.value(&name, value));
        let templates = self.prompts.templates();
        Ok(templates.iter().fold(made_from, |made_from, (name, source)| made_from.template(name, source)))
    }

    fn file(&self, category: &Category) -> PathBuf {
        cot_file(self.folder, category, self.shard, FileFormat::Json)
    }

    /// The rows of a category that are this shard's.
    fn rows_of(&self, category: &Category) -> Result<impl Iterator<Item = Result<TrainingRow>> + use<>> {
        Ok(of_shard(self.shard, self.rows.rows(category)?))
    }
}
