//! `touchstone report`: one page that holds everything.

use std::io::{Write, stdout};
use std::path::PathBuf;

use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::Strategy;
use touchstone::recipe::Method;
use touchstone::{Category, Context};
use touchstone_report::Origin;
use touchstone_report::view::View;

use super::libraries::Libraries;
use super::scored::Scored;

/// Write an evaluation as one self-contained HTML page with tables and figures, which opens offline
///
/// With --data the page shows the questions, too, with their CoTs and rewards: see touchstone view. Whose rewards, the
/// evaluation knows; --rewards names others.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone report results/evaluation.json --out results/report.html
  touchstone report results/evaluation.json --data data/test --out results/report.html
  touchstone report results/evaluation.json --data data/test --rewards dORM:last=rewards/dORM --out results/report.html")]
pub struct Arguments {
    /// evaluation.json
    evaluation: PathBuf,
    #[command(flatten)]
    scored: Scored,
    /// The page
    #[arg(long)]
    out: PathBuf,
    /// A folder of templates that replace the built-in ones of the same name
    #[arg(long)]
    templates: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, libraries: &Libraries) -> anyhow::Result<()> {
    let context = super::context(libraries.registry(&[])?, arguments.templates.as_deref())?;
    let evaluation = touchstone_report::read_evaluation(&arguments.evaluation)?;
    let rewards = rewards(&arguments.scored, &context, &evaluation)?;
    let (templates, origin) = (context.templates(), Origin::default());
    let written = touchstone_report::write_page(&evaluation, rewards.as_ref(), &origin, templates, &arguments.out)?;
    for page in super::told(&written) {
        writeln!(stdout(), "{page}")?;
    }
    Ok(())
}

/// The rewards on the data that was named; nothing where none was.
fn rewards(scored: &Scored, context: &Context, evaluation: &Evaluation) -> anyhow::Result<Option<View>> {
    let Some(data) = &scored.data else { return Ok(None) };
    let named = scored.methods()?;
    let methods = if named.is_empty() { methods(evaluation) } else { named };
    let study = scored.study(context, data, methods, evaluation.settings.clone())?;
    let mut view = View::of(&study)?;
    if scored.categories.is_empty() {
        // No more categories than were evaluated.
        let evaluated: Vec<Category> =
            evaluation.data.categories.iter().map(|category| category.name.clone()).collect();
        view.test_set = view.test_set.select(&evaluated)?;
    }
    Ok(Some(view))
}

/// The methods that were evaluated, with the rewards that they had.
fn methods(evaluation: &Evaluation) -> Vec<Method> {
    let summaries = evaluation.methods.iter().filter(|method| method.strategy == Strategy::BestOfN);
    let method = |summary: &touchstone::evaluation::document::MethodSummary| {
        Some(Method {
            name: summary.name.clone(),
            verifier: None,
            keep_rationales: false,
            rewards: summary.rewards.clone(),
            aggregator: summary.aggregator.clone()?,
        })
    };
    summaries.filter_map(method).collect()
}
