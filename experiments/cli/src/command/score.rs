//! `touchstone score`: CoTs to rewards.

use std::io::{Write, stdout};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde_json::Value;
use touchstone::jobs::{DataFingerprint, ScoredCategory, Scoring, Shard};
use touchstone::{PluginKind, PluginSpec, Registry, Result, Verifier};

use super::Format;
use super::libraries::Libraries;

/// Give rewards to every CoT of a test set: OUT/{category}_reward.json
///
/// What was scored is kept as it comes. After a kill, a full disk or Ctrl-C the same command goes on where it was, and ends
/// with the same bytes. A category whose file is there is not scored again; files that another verifier made, or this one from
/// other data, are never overwritten.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone score --verifier length --data data/test --out rewards/short
  touchstone score --verifier length --set prefer=longer --data data/test --categories law,math --out rewards/long
  touchstone score --verifier dorm --model models/base --adapter adapters/dorm --data hf://namespace/name --out rewards/dORM
  touchstone score --verifier gorm --model models/gorm --data data/test --keep-rationales --out rewards/gORM
  touchstone score --verifier length --data data/test --shard 0/4 --out shards/short   # and 1/4, 2/4, 3/4 elsewhere
  touchstone merge-rewards shards/short --data data/test --out rewards/short

touchstone plugins list shows the verifiers, touchstone plugins describe NAME their settings.")]
pub struct Arguments {
    /// The verifier, with settings in braces if you like
    #[arg(long, value_name = "NAME[{field=value,…}]")]
    verifier: String,
    /// A setting of the verifier; compute.device=cpu sets a field of a field
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    settings: Vec<String>,
    /// The verifier's setting `model`, or that of its generator: a file, a folder, hf://namespace/name@revision, or
    /// embedded:NAME
    #[arg(long)]
    model: Option<String>,
    /// The verifier's setting `adapter`, or that of its generator
    #[arg(long)]
    adapter: Option<String>,
    /// The setting `compute.max_batch_tokens` of the verifier or its generator: how much of a model's work is done at a time (changes no reward)
    #[arg(long, value_name = "N")]
    max_batch_tokens: Option<u64>,
    /// The test set: a file, a folder, or hf://namespace/name@revision
    #[arg(long)]
    data: String,
    /// The categories to score (default: all)
    #[arg(long, value_delimiter = ',')]
    categories: Vec<String>,
    /// The first so many questions of each category (default: all)
    #[arg(long, value_name = "N")]
    questions: Option<NonZeroUsize>,
    /// The part of the questions to score, counted from 0, as in 0/4 to 3/4 (default: all)
    #[arg(long, value_name = "INDEX/COUNT")]
    shard: Option<Shard>,
    /// Keep what a generative verifier writes, too: OUT/{category}_rationales.jsonl, a CoT a line
    #[arg(long)]
    keep_rationales: bool,
    /// A folder of templates that replace the built-in ones of the same name
    #[arg(long)]
    templates: Option<PathBuf>,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The folder for the rewards
    #[arg(long)]
    out: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments, libraries: &Libraries) -> anyhow::Result<()> {
    let registry = libraries.registry(&[])?;
    let verifier = verifier(arguments, &registry)?;
    let context = super::context(registry, arguments.templates.as_deref())?;
    context.registry().check(&verifier).map_err(touchstone::Error::from)?;
    crate::interrupt::stops(&context)?;
    let test_set = super::test_set(&arguments.data, &arguments.categories)?.first(arguments.questions);
    let scoring = Scoring {
        context: &context,
        verifier: &verifier,
        test_set: &test_set,
        fingerprint: &DataFingerprint::of(&test_set)?,
        folder: &arguments.out,
        shard: arguments.shard,
        keep_rationales: arguments.keep_rationales,
    };
    let scored = scoring.run()?;
    if arguments.keep_rationales && !scored.is_empty() && scored.iter().all(|one| one.rationales.is_none()) {
        eprintln!("The verifier {} wrote no rationales, so none are kept.", verifier.name());
    }
    if scored.is_empty() {
        eprintln!("Nothing to do: {} has a file for each category.", arguments.out.display());
    }
    show(&scored, arguments.format)
}

/// The verifier with the settings of every option.
fn verifier(arguments: &Arguments, registry: &Registry) -> Result<PluginSpec<dyn Verifier>> {
    let mut verifier: PluginSpec<dyn Verifier> = arguments.verifier.parse()?;
    // As JSON, so that a folder whose name is a number stays a text.
    let text = |text: &String| Value::from(text.as_str()).to_string();
    let options = [
        ("model", arguments.model.as_ref().map(text)),
        ("adapter", arguments.adapter.as_ref().map(text)),
        ("compute.max_batch_tokens", arguments.max_batch_tokens.map(|tokens| tokens.to_string())),
    ];
    let of_generator = asks_a_generator(registry, verifier.name());
    for (field, value) in options {
        let Some(value) = value else { continue };
        if !of_generator {
            verifier = verifier.with_argument(&format!("{field}={value}"))?;
            continue;
        }
        if !verifier.settings().contains_key("generator") {
            verifier = verifier.with_argument("generator.type=local")?;
        }
        verifier = verifier.with_argument(&format!("generator.{field}={value}"))?;
    }
    for setting in &arguments.settings {
        verifier = verifier.with_argument(setting)?;
    }
    Ok(verifier)
}

/// Whether a verifier's model is its generator's.
fn asks_a_generator(registry: &Registry, verifier: &str) -> bool {
    registry.describe(PluginKind::Verifier, verifier).is_ok_and(|plugin| {
        let has = |name: &str| plugin.fields().any(|field| field == name);
        has("generator") && !has("model")
    })
}

fn show(scored: &[ScoredCategory], format: Format) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    if format == Format::Json {
        serde_json::to_writer_pretty(&mut out, scored)?;
        writeln!(out)?;
        return Ok(());
    }
    if scored.is_empty() {
        return Ok(());
    }
    let header = ["category", "questions", "CoTs", "of an earlier run", "missing rewards"].map(str::to_owned);
    let row = |one: &ScoredCategory| {
        let counts = [one.questions, one.cots, one.resumed, one.missing];
        std::iter::once(one.category.to_string()).chain(counts.map(|count| count.to_string())).collect()
    };
    let rows: Vec<Vec<String>> = std::iter::once(header.to_vec()).chain(scored.iter().map(row)).collect();
    crate::table::write(&mut out, &rows)?;
    let files = scored.iter().flat_map(|one| std::iter::once(&one.file).chain(&one.rationales));
    let files: Vec<String> = files.map(|file| file.display().to_string()).collect();
    writeln!(out, "written:\n  {}", files.join("\n  "))?;
    Ok(())
}
