//! `touchstone critique`: the training data of generative reward models.

mod compose;
mod generate;
mod preprocess;
mod shorten;

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;
use touchstone::data::Spread;
use touchstone_generative::rationales::RationaleForm;

use super::Format;
use super::libraries::Libraries;

/// Make the training data of generative reward models: critiques of labelled CoTs
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  touchstone critique generate --for gorm --generator local --model models/large --data data/train --out critiques
  touchstone critique compose --for gprm --data data/train --out critiques
  touchstone critique preprocess --for gorm --data critiques --out rationales --tokenizer models/small
  touchstone critique shorten --for gorm --data rationales --out rationales/shortened")]
pub enum Command {
    Generate(generate::Arguments),
    Compose(compose::Arguments),
    Preprocess(preprocess::Arguments),
    Shorten(shorten::Arguments),
}

/// Runs the command.
pub fn run(command: &Command, libraries: &Libraries) -> anyhow::Result<()> {
    match command {
        Command::Generate(arguments) => generate::run(arguments, libraries),
        Command::Compose(arguments) => compose::run(arguments),
        Command::Preprocess(arguments) => preprocess::run(arguments),
        Command::Shorten(arguments) => shorten::run(arguments),
    }
}

/// Which reward model critiques are for.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Form {
    /// Critiques of the whole solution, with one verdict
    Gorm,
    /// Critiques of each step, with a mark each
    Gprm,
}

impl From<Form> for RationaleForm {
    fn from(form: Form) -> Self {
        match form {
            Form::Gorm => Self::Gorm,
            Form::Gprm => Self::Gprm,
        }
    }
}

/// A column of a table of categories: its title, and its cell for a category.
type Column<'a, T> = (&'a str, &'a dyn Fn(&T) -> String);

/// Shows what became of each category: a row a category, and then the files.
fn show<T: Serialize>(
    format: Format,
    categories: &[T],
    columns: &[Column<'_, T>],
    file: impl Fn(&T) -> &PathBuf,
) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    if format == Format::Json {
        serde_json::to_writer_pretty(&mut out, categories)?;
        writeln!(out)?;
        return Ok(());
    }
    if categories.is_empty() {
        return Ok(());
    }
    let header = columns.iter().map(|(title, _)| (*title).to_owned()).collect();
    let row = |category: &T| columns.iter().map(|(_, cell)| cell(category)).collect();
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(categories.iter().map(row)).collect();
    crate::table::write(&mut out, &rows)?;
    let files: Vec<String> = categories.iter().map(|category| file(category).display().to_string()).collect();
    writeln!(out, "written:\n  {}", files.join("\n  "))?;
    Ok(())
}

/// Least, median, greatest.
fn spread(spread: Option<Spread>) -> String {
    spread.map_or_else(|| "–".to_owned(), |spread| format!("{}–{}–{}", spread.min, spread.median, spread.max))
}
