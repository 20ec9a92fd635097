//! `touchstone quickstart`: the whole study on bundled data, with nothing to download.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use touchstone::{Error, Recipe, Registry, write_atomically};

use super::Format;

/// Run a whole study on bundled data: real CoTs of 16 models on 350 questions, scored by baselines and a small reward model
///
/// Writes the data, the recipe, rewards, tables, figures and a report into a folder, and says what to do next. The small model is
/// part of this program; nothing is downloaded.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  touchstone quickstart")]
pub struct Arguments {
    /// The folder for everything
    #[arg(long, default_value = "quickstart")]
    out: PathBuf,
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

static BUNDLED: [Bundled; 16] = bundled![
    "recipe.yaml",
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
    let context = super::context(Registry::builtin(), None)?;
    let recipe = Recipe::read(&arguments.out.join("recipe.yaml"))?;
    super::run::run_recipe(&context, recipe, "touchstone quickstart".to_owned(), Format::Text)?;
    let folder = arguments.out.display();
    writeln!(
        stdout(),
        "
Next:
  look at the figure        {folder}/results/best_of_n.png
  read the report           {folder}/results/report.html
  change the study          {folder}/recipe.yaml, then: touchstone run {folder}/recipe.yaml
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
