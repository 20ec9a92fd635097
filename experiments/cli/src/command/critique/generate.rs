//! `touchstone critique generate`: critiques of training rows by a model.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use touchstone::jobs::{CritiquedCategory, Critiquing, CritiquingSettings, DataFingerprint, Shard};
use touchstone_generative::rationales::RationalePrompts;

use super::Form;
use crate::command::Format;
use crate::command::generator::{Chat, GeneratorArguments, Thinking};
use crate::command::libraries::Libraries;

/// Let a model write N critiques of every row of a training set: OUT/{category}.json
///
/// Each critique makes a row: that of the data and the field `critique`. What was written is kept as it comes: after a kill, a full
/// disk or Ctrl-C the same command goes on where it was. A category whose file is there is not done again; files that were made
/// with other settings, or from other data, are never overwritten.
// The help text names tags of texts, and is no HTML.
#[allow(rustdoc::invalid_html_tags)]
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone critique generate --for gorm --generator local --model models/large --data data/train --out critiques
  touchstone critique generate --for gprm --generator openai --set url=http://127.0.0.1:8000/v1 --model Qwen/QwQ-32B \\
      --data hf://namespace/name --out critiques
  touchstone critique generate --for gorm --generator local --model models/large --data data/train --shard 0/4 --out critiques

The folder that all shards were written to is a training set as it is.")]
pub struct Arguments {
    /// Which reward model the critiques are for
    #[arg(long = "for", value_enum, value_name = "MODEL")]
    form: Form,
    #[command(flatten)]
    generator: GeneratorArguments,
    /// The training set: a file, a folder, or hf://namespace/name@revision
    #[arg(long)]
    data: String,
    /// The categories (default: all)
    #[arg(long, value_delimiter = ',')]
    categories: Vec<String>,
    /// How many critiques of each row
    #[arg(long, value_name = "N", default_value = "4")]
    critiques: NonZeroUsize,
    /// The most new tokens of a critique
    #[arg(long, value_name = "N", default_value = "8192")]
    max_tokens: NonZeroUsize,
    /// How tokens are chosen (default: as in the paper, temperature{temperature=0.6,top_k=20,top_p=0.95})
    #[arg(long, value_name = "NAME[{field=value,…}]")]
    sampler: Option<String>,
    /// Where randomness starts
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// A file with a prompt template of your own, in place of gorm.jinja or gprm_rationale.jinja
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// How the prompt reaches the model
    #[arg(long, value_enum, default_value = "model")]
    chat: Chat,
    /// Whether a model that can think first should
    #[arg(long, value_enum, default_value = "as-template")]
    thinking: Thinking,
    /// The beginning of every critique, which the model is given (default: <think>, and Let's verify step by step:)
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
    /// The part of the rows, counted from 0, as in 0/4 to 3/4 (default: all)
    #[arg(long, value_name = "INDEX/COUNT")]
    shard: Option<Shard>,
    /// A folder of templates that replace the built-in ones of the same name
    #[arg(long)]
    templates: Option<PathBuf>,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The folder for the rows with their critiques
    #[arg(long)]
    out: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments, libraries: &Libraries) -> anyhow::Result<()> {
    let settings = settings(arguments)?;
    let context = crate::command::context(libraries.registry(&[])?, arguments.templates.as_deref())?;
    context.registry().check(&settings.generator).map_err(touchstone::Error::from)?;
    crate::interrupt::stops(&context)?;
    let (chat, thinking) = (arguments.chat.into(), arguments.thinking.into());
    let template = arguments.template.as_deref();
    let mut prompts = RationalePrompts::new(&context, arguments.form.into(), template, chat, thinking)?;
    if let Some(prefix) = &arguments.prefix {
        prompts = prompts.with_prefix(prefix);
    }
    let rows = crate::command::training_set(&arguments.data, &arguments.categories)?;
    let critiquing = Critiquing {
        context: &context,
        settings: &settings,
        prompts: &prompts,
        rows: &rows,
        fingerprint: &DataFingerprint::of(&rows)?,
        folder: &arguments.out,
        shard: arguments.shard,
    };
    let critiqued = critiquing.run()?;
    if critiqued.is_empty() {
        eprintln!("Nothing to do: {} has a file for each category.", arguments.out.display());
    }
    super::show(
        arguments.format,
        &critiqued,
        &[
            ("category", &|one: &CritiquedCategory| one.category.to_string()),
            ("rows", &|one| one.rows.to_string()),
            ("critiques", &|one| one.critiques.to_string()),
            ("of an earlier run", &|one| one.resumed.to_string()),
            ("cut short", &|one| one.cut_short.to_string()),
            ("prompt too long", &|one| one.prompt_too_long.to_string()),
        ],
        |one| &one.file,
    )
}

fn settings(arguments: &Arguments) -> touchstone::Result<CritiquingSettings> {
    let papers = CritiquingSettings::new(arguments.generator.spec()?);
    let sampler = match &arguments.sampler {
        Some(sampler) => sampler.parse()?,
        None => papers.sampler.clone(),
    };
    let (critiques, max_tokens, seed) = (arguments.critiques, arguments.max_tokens, arguments.seed);
    Ok(CritiquingSettings { critiques, max_tokens, sampler, seed, ..papers })
}
