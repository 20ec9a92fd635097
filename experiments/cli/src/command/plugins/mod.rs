//! `touchstone plugins`: what can be named in recipes, how to make more of it, and whether it keeps the laws.

mod check;
mod describe;
mod list;
mod new;

use clap::Subcommand;

use super::Format;
use super::libraries::Libraries;

/// List and describe the plugins that recipes can name, begin new ones, and check them
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  touchstone plugins list
  touchstone plugins describe quantile
  touchstone plugins new trimmed --kind aggregator
  touchstone plugins check trimmed/target/debug/libtrimmed.so")]
pub enum Command {
    List(list::Arguments),
    Describe(describe::Arguments),
    New(new::Arguments),
    Check(check::Arguments),
}

/// Runs the command.
pub fn run(command: &Command, libraries: &Libraries) -> anyhow::Result<()> {
    match command {
        Command::List(arguments) => list::run(arguments, libraries),
        Command::Describe(arguments) => describe::run(arguments, libraries),
        Command::New(arguments) => new::run(arguments),
        Command::Check(arguments) => check::run(arguments, libraries),
    }
}
