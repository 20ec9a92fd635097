//! `touchstone merge-lora`: a base and a LoRA adapter become one model.

use std::io::{Write, stdout};
use std::path::PathBuf;

use serde_json::json;
use touchstone_candle::merge::{MergeSettings, MergedType, merge};
use touchstone_candle::source::ModelLocation;

use super::Format;
use super::libraries::Libraries;

/// Merge a LoRA adapter into its base: OUT is a whole model that every program loads
///
/// Tensors go through memory one at a time, so the model may be larger than it. An adapter of another base is refused.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone merge-lora --model models/base --adapter adapters/dORM --out models/dORM
  touchstone merge-lora --model hf://namespace/name --adapter hf://namespace/adapter --dtype bf16 --out models/merged")]
pub struct Arguments {
    /// The base: a folder, hf://namespace/name@revision, embedded:NAME
    #[arg(long)]
    model: ModelLocation,
    /// The adapter: a folder in PEFT's layout, or hf://namespace/name@revision
    #[arg(long)]
    adapter: ModelLocation,
    /// The type of the merged weights (default: as the base has them)
    #[arg(long, value_enum)]
    dtype: Option<Type>,
    /// The most bytes of a file of weights
    #[arg(long, value_name = "BYTES", default_value_t = MergeSettings::default().shard_bytes)]
    shard_bytes: u64,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The folder for the model
    #[arg(long)]
    out: PathBuf,
}

/// A type of numbers.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Type {
    /// 32 bits
    F32,
    /// 16 bits, IEEE 754
    F16,
    /// 16 bits with the range of 32
    Bf16,
}

/// Runs the command.
pub fn run(arguments: &Arguments, libraries: &Libraries) -> anyhow::Result<()> {
    let context = super::context(libraries.registry(&[])?, None)?;
    let base = arguments.model.model_files(&context)?;
    let adapter = arguments.adapter.adapter_files(&context)?.for_decoder()?;
    let dtype = arguments.dtype.map(|dtype| match dtype {
        Type::F32 => MergedType::F32,
        Type::F16 => MergedType::F16,
        Type::Bf16 => MergedType::Bf16,
    });
    let settings = MergeSettings { dtype, shard_bytes: arguments.shard_bytes };
    let merged = merge(&base, &adapter, &settings, &arguments.out)?;
    // What a generative reward model's critiques begin with belongs to it in this form, too.
    if let Some(note) = arguments.adapter.training_note(&context)? {
        note.write(&arguments.out)?;
    }
    let mut out = stdout().lock();
    match arguments.format {
        Format::Json => {
            let result = json!({
                "tensors": merged.tensors, "changed": merged.changed, "files": merged.files, "bytes": merged.bytes,
                "out": arguments.out,
            });
            writeln!(out, "{result:#}")?;
        }
        Format::Text => {
            writeln!(out, "{} of {} tensors changed, {} bytes", merged.changed, merged.tensors, merged.bytes)?;
            writeln!(out, "written: {} in {}", merged.files.join(", "), arguments.out.display())?;
        }
    }
    Ok(())
}
