//! The `touchstone` command: every built-in plugin behind one tool. It composes; the work is done in the library.

mod command;
mod failure;
mod interrupt;
mod progress;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

// A plugin crate that nothing mentions is dropped by the linker, and its plugins with it.
use touchstone_aggregators as _;
use touchstone_answers as _;
use touchstone_baselines as _;
use touchstone_discriminative as _;
use touchstone_generative as _;
use touchstone_openai as _;
use touchstone_samplers as _;
use touchstone_splitters as _;

/// Test-time scaling with reward models: which chain of thought is to be trusted, and which reward model should say so?
#[derive(Parser)]
#[command(name = "touchstone", version, after_help = AFTER_HELP, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    libraries: command::libraries::Libraries,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  touchstone quickstart
  touchstone sample --generator local --model models/solver --data data/questions --out data/test
  touchstone score --verifier length --data data/test --out rewards/short
  touchstone critique compose --for gprm --data data/train --out critiques
  touchstone evaluate --data data/test --rewards dORM:last=rewards/dORM --out results
  touchstone run recipe.yaml
  touchstone view recipe.yaml --out view
  touchstone serve --recipe serve.yaml
  touchstone train --reward-model dORM --model models/base --data data/train --out adapters/dORM
  touchstone plugins describe quantile
  touchstone experiment new by-chance
  touchstone --plugin ./libtrimmed.so evaluate --data data/test --rewards dPRM:trimmed=rewards/dPRM --out results

Data and rewards are files, folders, or hf://namespace/name@revision.

Exit codes: 0 done; 1 the work failed; 2 the command line is wrong; 3 a recipe, setting or plugin name is wrong;
4 a data set, reward file or model is wrong or cannot be had; 5 another file or folder could not be read or written (no
such file, no permission, a full disk); 130 stopped by Ctrl-C or a signal, with what was done kept.";

#[derive(Subcommand)]
enum Command {
    Quickstart(command::quickstart::Arguments),
    Run(command::run::Arguments),
    Sample(command::sample::Arguments),
    MergeCots(command::merge_cots::Arguments),
    Score(command::score::Arguments),
    Solve(command::solve::Arguments),
    Serve(command::serve::Arguments),
    #[command(subcommand)]
    Critique(command::critique::Command),
    MergeRewards(command::merge_rewards::Arguments),
    Evaluate(command::evaluate::Arguments),
    Plot(command::plot::Arguments),
    Report(command::report::Arguments),
    View(command::view::Arguments),
    Train(command::train::Arguments),
    MergeLora(command::merge_lora::Arguments),
    Inspect(command::inspect::Arguments),
    #[command(subcommand)]
    Plugins(command::plugins::Command),
    #[command(subcommand)]
    Experiment(command::experiment::Command),
}

fn main() -> ExitCode {
    let Arguments { libraries, command } = Arguments::parse();
    let done = match command {
        Command::Quickstart(arguments) => command::quickstart::run(&arguments),
        Command::Run(arguments) => command::run::run(&arguments, &libraries),
        Command::Sample(arguments) => command::sample::run(&arguments, &libraries),
        Command::MergeCots(arguments) => command::merge_cots::run(&arguments),
        Command::Score(arguments) => command::score::run(&arguments, &libraries),
        Command::Solve(arguments) => command::solve::run(&arguments, &libraries),
        Command::Serve(arguments) => command::serve::run(&arguments, &libraries),
        Command::Critique(command) => command::critique::run(&command, &libraries),
        Command::MergeRewards(arguments) => command::merge_rewards::run(&arguments),
        Command::Evaluate(arguments) => command::evaluate::run(&arguments, &libraries),
        Command::Plot(arguments) => command::plot::run(&arguments),
        Command::Report(arguments) => command::report::run(&arguments, &libraries),
        Command::View(arguments) => command::view::run(&arguments, &libraries),
        Command::Train(arguments) => command::train::run(&arguments, &libraries),
        Command::MergeLora(arguments) => command::merge_lora::run(&arguments, &libraries),
        Command::Inspect(arguments) => command::inspect::run(&arguments),
        Command::Plugins(command) => command::plugins::run(&command, &libraries),
        Command::Experiment(command) => command::experiment::run(&command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}
