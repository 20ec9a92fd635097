//! `touchstone merge-rewards`: shards to whole files.

use std::io::{Write, stdout};
use std::path::PathBuf;

use touchstone::jobs::{DataFingerprint, Merge};

use super::Format;

/// Join the shards of a scoring job into OUT/{category}_reward.json
///
/// Proves by the test set that no shard, question or CoT is missing or doubled, and that all shards come from one verifier and
/// this data; else it names what is wrong and writes nothing of that category. The files are, to the byte, those of a job
/// without shards, and count as such.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone merge-rewards shards/dORM --data data/test --out rewards/dORM
  touchstone merge-rewards node-0/dORM node-1/dORM --data data/test --categories law,math --out rewards/dORM")]
pub struct Arguments {
    /// The folders that `touchstone score --shard` wrote
    #[arg(required = true)]
    shards: Vec<PathBuf>,
    /// The test set that was scored
    #[arg(long)]
    data: String,
    /// The categories to join (default: all)
    #[arg(long, value_delimiter = ',')]
    categories: Vec<String>,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The folder for the whole files, another than those of the shards
    #[arg(long)]
    out: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let test_set = super::test_set(&arguments.data, &arguments.categories)?;
    let merge = Merge {
        shards: &arguments.shards,
        test_set: &test_set,
        fingerprint: &DataFingerprint::of(&test_set)?,
        folder: &arguments.out,
    };
    let merged = merge.run()?;
    let mut out = stdout().lock();
    if arguments.format == Format::Json {
        serde_json::to_writer_pretty(&mut out, &merged)?;
        writeln!(out)?;
        return Ok(());
    }
    for one in &merged {
        writeln!(out, "{}: {} CoTs of {} questions", one.file.display(), one.cots, one.questions)?;
    }
    Ok(())
}
