//! `touchstone plugins`: what can be named in recipes, and how to make more of it.

mod describe;
mod list;
mod new;

use clap::Subcommand;

use super::Format;
use super::libraries::Libraries;

/// List and describe the plugins that recipes can name, and begin new ones
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  touchstone plugins list
  touchstone plugins describe quantile
  touchstone plugins new trimmed --kind aggregator")]
pub enum Command {
    List(list::Arguments),
    Describe(describe::Arguments),
    New(new::Arguments),
}

/// Runs the command.
pub fn run(command: &Command, libraries: &Libraries) -> anyhow::Result<()> {
    match command {
        Command::List(arguments) => list::run(arguments, libraries),
        Command::Describe(arguments) => describe::run(arguments, libraries),
        Command::New(arguments) => new::run(arguments),
    }
}
