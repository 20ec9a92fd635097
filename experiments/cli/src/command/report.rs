//! `touchstone report`: one page that holds everything.

use std::io::{Write, stdout};
use std::path::PathBuf;

use touchstone::Registry;
use touchstone_report::Origin;

/// Write an evaluation as one self-contained HTML page with tables and figures, which opens offline
#[derive(clap::Args)]
#[command(after_help = "Example:\n  touchstone report results/evaluation.json --out results/report.html")]
pub struct Arguments {
    /// evaluation.json
    evaluation: PathBuf,
    /// The page
    #[arg(long)]
    out: PathBuf,
    /// A folder of templates that replace the built-in ones of the same name
    #[arg(long)]
    templates: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let context = super::context(Registry::builtin(), arguments.templates.as_deref())?;
    let evaluation = touchstone_report::read_evaluation(&arguments.evaluation)?;
    touchstone_report::write_page(&evaluation, &Origin::default(), context.templates(), &arguments.out)?;
    writeln!(stdout(), "{}", arguments.out.display())?;
    Ok(())
}
