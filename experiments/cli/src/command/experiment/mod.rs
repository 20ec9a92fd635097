//! `touchstone experiment`: experiments of one's own.

mod new;

use clap::Subcommand;

/// Begin an experiment of your own
#[derive(Subcommand)]
#[command(after_help = "Example:\n  touchstone experiment new by-chance")]
pub enum Command {
    New(new::Arguments),
}

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::New(arguments) => new::run(arguments),
    }
}
