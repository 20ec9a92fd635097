//! `touchstone quickstart`: the whole study on bundled data, with nothing to download.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use touchstone::{Error, Recipe, Registry, write_atomically};

use super::Format;

/// Run a whole study on bundled data: real CoTs of 16 models on 350 questions, scored by baselines and four small reward models
///
/// Writes the data, the recipes, rewards, tables, figures and reports into a folder, and says what to do next. The reward models,
/// dORM, dPRM, gORM and gPRM, are part of this program; nothing is downloaded. The generative ones score five questions of each
/// category, two critiques a CoT.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  touchstone quickstart\n  touchstone quickstart --full --out study\n  touchstone quickstart --files-only"
)]
pub struct Arguments {
    /// The folder for everything
    #[arg(long, default_value = "quickstart")]
    out: PathBuf,
    /// Write the data and the recipes, and run nothing
    #[arg(long, conflicts_with = "full")]
    files_only: bool,
    /// Let the generative reward models score all questions, too
    #[arg(long)]
    full: bool,
}

/// A file that the quick start brings.
struct Bundled {
    path: &'static str,
    content: &'static [u8],
}

macro_rules! bundled {
    ($($path:literal),* $(,)?) => {
        [$(Bundled { path: $path, content: include_bytes!(concat!("../../quickstart/", $path)) }),*]
    };
}

static BUNDLED: [Bundled; 19] = bundled![
    "recipe.yaml",
    "generative.yaml",
    "full.yaml",
    "serve.yaml",
    "data/README.md",
    "data/biology.parquet",
    "data/business.parquet",
    "data/chemistry.parquet",
    "data/computer_science.parquet",
    "data/economics.parquet",
    "data/engineering.parquet",
    "data/health.parquet",
    "data/history.parquet",
    "data/law.parquet",
    "data/math.parquet",
    "data/other.parquet",
    "data/philosophy.parquet",
    "data/physics.parquet",
    "data/psychology.parquet",
];

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    for file in &BUNDLED {
        place(file, &arguments.out)?;
    }
    if arguments.files_only {
        return Ok(());
    }
    let context = super::context(Registry::builtin(), None)?;
    crate::interrupt::stops(&context)?;
    let (generative, command, results) = match arguments.full {
        true => ("full.yaml", "touchstone quickstart --full", "full"),
        false => ("generative.yaml", "touchstone quickstart", "generative"),
    };
    for recipe in ["recipe.yaml", generative] {
        let recipe = Recipe::read(&arguments.out.join(recipe))?;
        super::run::run_recipe(&context, recipe, command.to_owned(), Format::Text)?;
        writeln!(stdout())?;
    }
    let folder = arguments.out.display();
    writeln!(
        stdout(),
        "Next:
  look at the figure        {folder}/results/best_of_n.png
  read the reports          {folder}/results/report.html, {folder}/results/{results}/report.html
  look at the questions     touchstone view {folder}/recipe.yaml, or in the reports
  read critiques            {folder}/results/{results}/rewards/gORM/law_rationales.jsonl
  change the study          {folder}/recipe.yaml, then: touchstone run {folder}/recipe.yaml
  serve the reward models   touchstone serve --recipe {folder}/serve.yaml
  score with your model     touchstone score --verifier dprm --model PATH_OR_HF --data {folder}/data --out rewards
  evaluate your own rewards touchstone evaluate --data {folder}/data --rewards NAME:last=YOUR_REWARDS --out results
  write an aggregator       the book, `book/src/add-an-aggregator.md`"
    )?;
    Ok(())
}

/// Writes the file unless it is there; one that the user changed stays as it is.
fn place(file: &Bundled, folder: &Path) -> touchstone::Result<()> {
    let path = folder.join(file.path);
    match std::fs::read(&path) {
        Ok(content) if content == file.content => Ok(()),
        Ok(_) => {
            eprintln!("keeping your {}", path.display());
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(|error| Error::io("make the folder", parent, error))?;
            }
            write_atomically(&path, |writer| Ok(writer.write_all(file.content)?))
        }
        Err(error) => Err(Error::io("read", &path, error)),
    }
}
