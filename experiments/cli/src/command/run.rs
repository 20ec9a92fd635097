//! `touchstone run`: everything that a recipe names.

use std::io::{Write, stdout};
use std::path::PathBuf;

use touchstone::study::{Record, Study, write_tables};
use touchstone::{Context, Recipe};
use touchstone_report::Origin;
use touchstone_report::view::View;

use super::Format;
use super::libraries::Libraries;

/// Run a recipe: score what has no rewards yet, evaluate, draw and report
///
/// What is there already is kept, so a second run does nothing, and one after an interruption goes on where it was.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  touchstone run recipe.yaml\n\nThe book's chapter on recipes shows a whole one.")]
pub struct Arguments {
    /// The recipe, as YAML or TOML; paths in it are relative to it
    recipe: PathBuf,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// A folder of templates that replace the built-in ones of the same name
    #[arg(long)]
    templates: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, libraries: &Libraries) -> anyhow::Result<()> {
    let recipe = Recipe::read(&arguments.recipe)?;
    let context = super::context(libraries.registry(&recipe.plugins)?, arguments.templates.as_deref())?;
    crate::interrupt::stops(&context)?;
    let command = format!("touchstone run {}", arguments.recipe.display());
    run_recipe(&context, recipe, command, arguments.format)
}

/// Runs a recipe that `command` names, and shows the result.
pub fn run_recipe(context: &Context, recipe: Recipe, command: String, format: Format) -> anyhow::Result<()> {
    let study = Study::open(context, recipe)?;
    let scored = study.score()?;
    let record = Record::of(&study)?;
    let out = &study.recipe().out;
    if scored.is_empty() && record.is_current() {
        eprintln!("Nothing to do: {} is up to date.", out.display());
        let kept = touchstone_report::read_evaluation(&out.join("evaluation.json"))?;
        return super::show(&mut stdout().lock(), &kept, format);
    }
    let outcome = study.evaluate()?;
    let mut written = write_tables(&outcome, out)?;
    let origin = Origin { recipe: Some(study.recipe().to_yaml()?), command: Some(command) };
    let rewards = View::of(&study)?;
    let drawn = touchstone_report::write_all(&outcome.evaluation, Some(&rewards), &origin, context.templates(), out)?;
    written.extend(drawn);
    let shown: Vec<String> = super::told(&written).collect();
    record.save(written)?;
    let mut stdout = stdout().lock();
    super::show(&mut stdout, &outcome.evaluation, format)?;
    if format == Format::Text {
        writeln!(stdout, "written:\n  {}", shown.join("\n  "))?;
    }
    Ok(())
}
