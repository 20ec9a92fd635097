//! One file for each command.

pub mod critique;
pub mod evaluate;
pub mod experiment;
pub mod generator;
pub mod inspect;
pub mod libraries;
pub mod merge_cots;
pub mod merge_lora;
pub mod merge_rewards;
pub mod plot;
pub mod plugins;
pub mod quickstart;
pub mod report;
pub mod run;
pub mod sample;
pub mod score;
pub mod scored;
pub mod serve;
pub mod solve;
pub mod train;
pub mod view;

use std::io::Write;
use std::path::{Path, PathBuf};

use touchstone::data::{TestSet, TrainingSet};
use touchstone::evaluation::Evaluation;
use touchstone::{Category, Context, Registry, Templates};

/// How a result is written to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The context of a command with these plugins: progress on stderr, the built-in templates, and the user's in their place.
fn context(registry: Registry, templates_folder: Option<&Path>) -> touchstone::Result<Context> {
    let mut templates = Templates::new();
    touchstone_report::page::add_template(&mut templates)?;
    touchstone_generative::add_templates(&mut templates)?;
    touchstone::jobs::add_template(&mut templates)?;
    if let Some(folder) = templates_folder {
        templates.override_from(folder)?;
    }
    Ok(Context::new(registry).with_progress(crate::progress::Bars::default()).with_templates(templates))
}

/// The test set at a location that the command line names: these categories of it, or all where none is named.
fn test_set(data: &str, categories: &[String]) -> touchstone::Result<TestSet> {
    let categories: Vec<Category> = categories.iter().map(|name| Category::new(name.as_str())).collect();
    TestSet::open_categories(&data.parse()?, &categories)
}

/// The training set at a location that the command line names: these categories of it, or all where none is named.
fn training_set(data: &str, categories: &[String]) -> touchstone::Result<TrainingSet> {
    let categories: Vec<Category> = categories.iter().map(|name| Category::new(name.as_str())).collect();
    TrainingSet::open_categories(&data.parse()?, &categories)
}

/// Writes an evaluation to stdout.
fn show(out: &mut impl Write, evaluation: &Evaluation, format: Format) -> anyhow::Result<()> {
    match format {
        Format::Text => crate::table::write_evaluation(out, evaluation)?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, evaluation)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

/// What was written, as it is told to people: without the chunks of a page, which are many, and which only the page opens.
fn told(written: &[PathBuf]) -> impl Iterator<Item = String> {
    let is_chunk = |path: &Path| path.extension().is_some_and(|extension| extension == "js");
    written.iter().filter(move |path| !is_chunk(path)).map(|path| path.display().to_string())
}
