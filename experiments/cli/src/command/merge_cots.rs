//! `touchstone merge-cots`: shards of sampled CoTs to whole files.

use std::io::{Write, stdout};
use std::path::PathBuf;

use touchstone::jobs::{DataFingerprint, SamplingMerge};

use super::Format;

/// Join the shards of a sampling job into OUT/{category}.json
///
/// Proves by the questions that no shard, question or CoT is missing or doubled, and that all shards were made with the same
/// settings and from this data; else it names what is wrong and writes nothing of that category. The files are, to the byte,
/// those of a job without shards, and count as such.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone merge-cots shards --data data/questions --out data/test
  touchstone merge-cots node-0/shards node-1/shards --data data/questions --categories law,math --out data/test")]
pub struct Arguments {
    /// The folders that `touchstone sample --shard` wrote
    #[arg(required = true)]
    shards: Vec<PathBuf>,
    /// The questions that were sampled for
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
    let questions = super::sample::questions(&arguments.data, &arguments.categories)?;
    let merge = SamplingMerge {
        shards: &arguments.shards,
        questions: &questions,
        fingerprint: &DataFingerprint::of(&questions)?,
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
