//! `touchstone plot`: the paper's figure.

use std::io::{Write, stdout};
use std::path::PathBuf;

use touchstone::evaluation::document::Strategy;
use touchstone_report::figure::{self, FigureSettings, Table};

/// Draw accuracy by N, one panel a category: PDF, SVG and PNG, with the legend as files of its own
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone plot results/best_of_n.csv --out figures/best_of_n
  touchstone plot results/evaluation.json --strategy weighted-vote --oracle --out figures/weighted_vote")]
pub struct Arguments {
    /// best_of_n.csv or weighted_vote.csv (of Touchstone or of the published code), or evaluation.json
    input: PathBuf,
    /// Where the figure goes: PREFIX.pdf, PREFIX.svg, PREFIX.png, PREFIX_legend.…
    #[arg(long, value_name = "PREFIX")]
    out: PathBuf,
    /// Which strategy of evaluation.json is drawn
    #[arg(long, value_enum, default_value = "best-of-n")]
    strategy: Drawn,
    /// Add Pass@N, the ceiling of every strategy
    #[arg(long)]
    oracle: bool,
    /// The room above and below the data, as a share of the span of a panel's accuracies
    #[arg(long, default_value_t = 0.03)]
    margin: f64,
}

/// A strategy that a figure can show.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Drawn {
    BestOfN,
    WeightedVote,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let strategy = match arguments.strategy {
        Drawn::BestOfN => Strategy::BestOfN,
        Drawn::WeightedVote => Strategy::WeightedVote,
    };
    let table = Table::read(&arguments.input, strategy)?;
    let settings = FigureSettings { oracle: arguments.oracle, margin: arguments.margin, ..FigureSettings::default() };
    let mut out = stdout().lock();
    for path in figure::write(&figure::draw(&table, &settings)?, &arguments.out)? {
        writeln!(out, "{}", path.display())?;
    }
    Ok(())
}
