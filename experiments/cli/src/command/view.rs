//! `touchstone view`: a page to look at rewards.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use serde::Serialize;
use touchstone::{Error, Recipe, evaluation};
use touchstone_report::view::{self, View};

use super::Format;
use super::libraries::Libraries;
use super::scored::Scored;

/// Look at rewards: a page of all questions with their CoTs side by side, each step shaded by its reward
///
/// OUT/index.html opens offline, by a double click: filter and search the questions, open one, and see which CoT each
/// method picks, where rewards drop, and what generative reward models wrote. Up to 8 MiB everything is in that file;
/// beyond, questions lie in OUT/data beside it. Rewards that are not there are shown as missing.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone view recipe.yaml
  touchstone view --data data/test --rewards dORM:last=rewards/dORM --rewards gORM:mean=rewards/gORM --out view
  touchstone view recipe.yaml --categories law,math --questions 20 --drop 0.5 --out view/few")]
pub struct Arguments {
    /// A recipe that was run: its data and its methods' rewards
    #[arg(conflicts_with_all = ["data", "answers"], required_unless_present = "data")]
    recipe: Option<PathBuf>,
    #[command(flatten)]
    scored: Scored,
    /// When two final answers are the same: a plugin, with settings as for an aggregator
    #[arg(long, default_value = "multiple_choice")]
    answers: String,
    /// Pass over rewards of CoTs that the test set lacks
    #[arg(long, conflicts_with = "recipe")]
    allow_partial: bool,
    /// How far a reward must lie below the one before it to be marked as a drop; the page can change it
    #[arg(long, value_name = "SIZE", default_value_t = view::DROP)]
    drop: f64,
    /// The folder for the page (default: `view` in the recipe's out, or `view`)
    #[arg(long)]
    out: Option<PathBuf>,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// A folder of templates that replace the built-in ones of the same name
    #[arg(long)]
    templates: Option<PathBuf>,
}

/// What was written.
#[derive(Serialize)]
struct Written<'a> {
    page: &'a Path,
    files: &'a [PathBuf],
}

/// Runs the command.
pub fn run(arguments: &Arguments, libraries: &Libraries) -> anyhow::Result<()> {
    let recipe = arguments.recipe.as_deref().map(Recipe::read).transpose()?;
    let plugins = recipe.as_ref().map_or(&[][..], |recipe| &recipe.plugins);
    let context = super::context(libraries.registry(plugins)?, arguments.templates.as_deref())?;
    crate::interrupt::stops(&context)?;
    let beside = recipe.as_ref().map_or_else(|| PathBuf::from("view"), |recipe| recipe.out.join("view"));
    let out = arguments.out.as_ref().unwrap_or(&beside);
    let scored = &arguments.scored;
    let study = match (recipe, &scored.data) {
        (Some(recipe), _) => scored.study_of(&context, recipe)?,
        (None, data) => {
            let data = data.as_deref().unwrap_or_default();
            let answers = arguments.answers.parse().map_err(Error::from)?;
            let allow_partial = arguments.allow_partial;
            let settings = evaluation::Settings { answers, allow_partial, ..evaluation::Settings::default() };
            scored.study(&context, data, scored.methods()?, settings)?
        }
    };
    let view = View { drop: arguments.drop, ..View::of(&study)? };
    let files = view::write(&view, context.templates(), out)?;
    let mut stdout = stdout().lock();
    match (arguments.format, files.first()) {
        (Format::Json, Some(page)) => {
            serde_json::to_writer_pretty(&mut stdout, &Written { page, files: &files })?;
            writeln!(stdout)?;
        }
        (Format::Text, Some(page)) => writeln!(stdout, "{}", page.display())?,
        (_, None) => {}
    }
    Ok(())
}
