//! Sampling CoTs for questions.

mod category;
mod cutter;
mod merge;
mod prompts;
mod settings;

pub use merge::SamplingMerge;
pub use prompts::{Prompts, TEMPLATE, add_template};
pub use settings::{FileFormat, SamplingSettings};

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Map;

use self::category::{OfQuestion, OpenCategory};
use self::cutter::Cutter;
use super::completions::Asking;
use super::error::Product;
use super::ingredients::Ingredients;
use super::provenance::Provenance;
use super::shard::of_shard;
use super::unfinished::unfinished;
use super::{DataFingerprint, JobError, Shard};
use crate::data::{QuestionRow, QuestionSet};
use crate::{Category, Context, Error, Generator, ProgressStage, Result};

/// A job that makes a test set of questions: a generator writes solutions, a splitter cuts them into steps, an extractor reads
/// their answers.
///
/// A solution is kept as soon as it is written. A question that lacks any is asked for again whole, since generators number
/// samples from 0; what was kept stays as it was. With a generator whose completions follow from prompt, number and seed, a
/// job that was interrupted writes the same bytes as one that was not.
///
/// ```no_run
/// use touchstone::data::QuestionSet;
/// use touchstone::jobs::{DataFingerprint, Sampling, SamplingSettings};
/// use touchstone::{Context, PluginSpec, Registry};
///
/// # fn main() -> touchstone::Result<()> {
/// let context = Context::new(Registry::builtin());
/// let questions = QuestionSet::open(&"data/questions".parse()?)?;
/// let sampling = Sampling {
///     context: &context,
///     settings: &SamplingSettings::new(PluginSpec::named("local").with("model", "models/solver")),
///     questions: &questions,
///     fingerprint: &DataFingerprint::of(&questions)?,
///     folder: "data/test".as_ref(),
///     shard: None,
/// };
/// for sampled in sampling.run()? {
///     println!("{}: {} CoTs, {} without an answer", sampled.category, sampled.cots, sampled.without_answer);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Sampling<'a> {
    /// Plugins, templates, progress, and whether to stop.
    pub context: &'a Context,
    /// How CoTs are made, paths relative to where the caller stands.
    pub settings: &'a SamplingSettings,
    /// What is to be solved.
    pub questions: &'a QuestionSet,
    /// The fingerprint of that.
    pub fingerprint: &'a DataFingerprint,
    /// Where the test set goes. Made where it is not there.
    pub folder: &'a Path,
    /// Which part of the questions; all where there is none.
    pub shard: Option<Shard>,
}

/// A category whose file was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SampledCategory {
    /// The category.
    pub category: Category,
    /// The file.
    pub file: PathBuf,
    /// How many questions it has.
    pub questions: usize,
    /// How many CoTs it has.
    pub cots: usize,
    /// How many of them an earlier run had sampled before it was interrupted.
    pub resumed: usize,
    /// How many the token budget cut short.
    pub cut_short: usize,
    /// How many were never begun, because the prompt fills the model's context.
    pub prompt_too_long: usize,
    /// How many have no answer.
    pub without_answer: usize,
    /// How many of those have none because the extractor gave an error.
    pub unreadable: usize,
    /// How many have no steps.
    pub empty: usize,
}

/// The file of a category's CoTs in `folder`: all of it, or of one shard.
pub(super) fn cot_file(folder: &Path, category: &Category, shard: Option<Shard>, format: FileFormat) -> PathBuf {
    let extension = format.extension();
    folder.join(match shard {
        None => format!("{category}.{extension}"),
        Some(shard) => format!("{category}-{:05}-of-{:05}.{extension}", shard.index(), shard.count()),
    })
}

impl Sampling<'_> {
    /// Samples for every category whose file is not there, and writes it at once and whole. What an interrupted job did is not
    /// done again. Returns the categories that were written.
    ///
    /// # Errors
    /// What opening or running the generator gives, with the category; what cutting gives, with the question; what cannot be
    /// read or written; a [`JobError`], among them [`JobError::Stopped`] once the context is cancelled. What was sampled is kept
    /// in each case.
    pub fn run(&self) -> Result<Vec<SampledCategory>> {
        let registry = self.context.registry();
        let SamplingSettings { template, chat, thinking, .. } = self.settings;
        let prompts = Prompts::new(self.context, template.as_deref(), *chat, *thinking)?;
        let cutter = Cutter::new(self.context, self.settings)?;
        registry.check(&self.settings.sampler)?;
        let asked = self.asked(&prompts)?;
        let whole = self.whole(asked.clone())?;
        whole.check(self.folder)?;
        let left = unfinished(self.questions.categories(), |category| self.file(category))?;
        if left.is_empty() {
            return Ok(Vec::new());
        }
        std::fs::create_dir_all(self.folder).map_err(|error| Error::io("make the folder", self.folder, error))?;
        // How solutions are cut changes none of them.
        let asked = Provenance::new(asked, self.fingerprint, self.shard);
        // All journals are locked, and all questions read once, before the generator, which may take long, is opened.
        let mut categories = Vec::new();
        let mut total = 0;
        for category in left {
            let identity = asked.of_category(category, self.shard, Map::new());
            if let Some(open) = OpenCategory::open(self, category, &identity)? {
                let questions = self.rows(category)?.try_fold(0, |count, row| row.map(|_| count + 1));
                let questions: usize = questions.map_err(|error| error.at(category.as_str()))?;
                total += (questions * self.settings.samples.get()).saturating_sub(open.solutions.count());
                categories.push(open);
            }
        }
        let generator = registry.make(&self.settings.generator)?.open(self.context)?;
        // Only now, so that settings which a generator does not open with leave nothing behind.
        whole.save(self.folder)?;
        let progress = self.context.start("sampling", Some(total as u64));
        let work = Work { job: self, generator: &*generator, prompts: &prompts, progress: &*progress };
        work.all(categories, &cutter)
    }

    /// What solutions are made from.
    fn asked(&self, prompts: &Prompts) -> Result<Ingredients> {
        let settings = self.settings;
        let asked = Ingredients::default()
            .plugin(self.context, "generator", &settings.generator)?
            .plugin(self.context, "sampler", &settings.sampler)?
            .value("samples", settings.samples.get())
            .value("max_tokens", settings.max_tokens.get())
            .value("seed", settings.seed)
            .value("stop", settings.stop.clone())
            .value("chat", serde_json::json!(settings.chat))
            .value("thinking", serde_json::json!(settings.thinking));
        Ok(prompts.sources().iter().fold(asked, |asked, (name, source)| asked.template(name, source)))
    }

    /// What files are made from.
    fn whole(&self, asked: Ingredients) -> Result<Provenance> {
        let whole = asked
            .plugin(self.context, "splitter", &self.settings.splitter)?
            .plugin(self.context, "extractor", &self.settings.extractor)?
            .value("format", self.settings.format.extension());
        Ok(Provenance::new(whole, self.fingerprint, self.shard))
    }

    fn file(&self, category: &Category) -> PathBuf {
        cot_file(self.folder, category, self.shard, self.settings.format)
    }

    /// The questions of a category that are this shard's.
    fn rows(&self, category: &Category) -> Result<impl Iterator<Item = Result<QuestionRow>> + use<>> {
        Ok(of_shard(self.shard, self.questions.rows(category)?))
    }
}

/// A job with everything open.
struct Work<'a> {
    job: &'a Sampling<'a>,
    generator: &'a dyn Generator,
    prompts: &'a Prompts,
    progress: &'a dyn ProgressStage,
}

impl Work<'_> {
    fn all(&self, categories: Vec<OpenCategory>, cutter: &Cutter<'_>) -> Result<Vec<SampledCategory>> {
        let mut kept = categories.iter().map(|open| open.solutions.count()).sum::<usize>();
        let mut written = Vec::new();
        for category in categories {
            let before = category.solutions.count();
            let name = category.category.clone();
            let sampled = self.category(&category);
            kept += category.solutions.count() - before;
            let finished = sampled.and_then(|()| category.finish(self.job.rows(&name)?, cutter));
            match finished.map_err(|error| error.at(name.as_str())) {
                Ok(finished) => written.push(finished),
                Err(error) if error.is_cancelled() => {
                    let (product, folder) = (Product::Cots, self.job.folder.to_owned());
                    return Err(JobError::Stopped { product, folder, kept }.into());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }

    fn category(&self, category: &OpenCategory) -> Result<()> {
        let request = self.job.settings.request();
        let (context, generator, progress) = (self.job.context, self.generator, self.progress);
        let lacking = |row: &Result<QuestionRow>| match row {
            Ok(row) => category.solutions.lacks(&OfQuestion { q_id: row.question.id.clone() }),
            Err(_) => true,
        };
        let rows = self.job.rows(&category.category)?.filter(lacking);
        let prompts = rows.map(|row| {
            let question = row?.question;
            let prompt = self.prompts.prompt(generator, context, &question);
            let prompt = prompt.map_err(|error| error.at(format!("question {}", question.id)))?;
            Ok((OfQuestion { q_id: question.id }, prompt))
        });
        Asking { context, generator, request: &request, progress }.complete(&category.solutions, prompts)
    }
}
