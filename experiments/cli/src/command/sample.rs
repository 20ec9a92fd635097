//! `touchstone sample`: questions to CoTs.

use std::io::{Write, stdout};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use touchstone::data::QuestionSet;
use touchstone::jobs::{self, DataFingerprint, SampledCategory, Sampling, SamplingSettings, Shard};
use touchstone::{Category, Result};

use super::Format;
use super::generator::{Chat, GeneratorArguments, Thinking};
use super::libraries::Libraries;

/// Let a model solve every question N times, and make a test set of it: OUT/{category}.json
///
/// Solutions are cut into steps, and their answers are read. What was sampled is kept as it comes: after a kill, a full disk or
/// Ctrl-C the same command goes on where it was. A category whose file is there is not sampled again; files that were made with
/// other settings, or from other data, are never overwritten.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone sample --generator local --model models/solver --data data/questions --out data/test
  touchstone sample --generator local --model embedded:tiny --chat none --samples 2 --max-tokens 32 --data data/test --out tried
  touchstone sample --generator openai --set url=http://127.0.0.1:8000/v1 --model Qwen/Qwen3-8B --set endpoint=chat --chat none \\
      --sampler 'temperature{temperature=0.6,top_p=0.95}' --max-tokens 8192 --data hf://namespace/name --out data/test
  touchstone sample --generator local --model models/solver --extractor boxed --data data/math --shard 0/4 --out shards
  touchstone merge-cots shards --data data/math --out data/test

touchstone plugins list shows generators, samplers, splitters and extractors, touchstone plugins describe NAME their settings.")]
pub struct Arguments {
    #[command(flatten)]
    generator: GeneratorArguments,
    /// The questions, with the columns q_id, question and answer: a file, a folder, or hf://namespace/name@revision
    #[arg(long)]
    data: String,
    /// The categories to sample for (default: all)
    #[arg(long, value_delimiter = ',')]
    categories: Vec<String>,
    /// How many solutions of each question
    #[arg(long, value_name = "N", default_value = "16")]
    samples: NonZeroUsize,
    /// The most new tokens of a solution
    #[arg(long, value_name = "N", default_value = "2048")]
    max_tokens: NonZeroUsize,
    /// How tokens are chosen
    #[arg(long, value_name = "NAME[{field=value,…}]", default_value = "temperature{temperature=0.7}")]
    sampler: String,
    /// Where randomness starts
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// A solution ends before this text; may be given more than once
    #[arg(long, value_name = "TEXT")]
    stop: Vec<String>,
    /// How solutions are cut into steps
    #[arg(long, value_name = "NAME[{field=value,…}]", default_value = "blank_line")]
    splitter: String,
    /// How answers are read: letter, boxed, answer_is, regex{pattern=…}, or a plugin of yours
    #[arg(long, value_name = "NAME[{field=value,…}]", default_value = "letter")]
    extractor: String,
    /// A file with a prompt template of your own, in place of solution.jinja
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// How the prompt reaches the model
    #[arg(long, value_enum, default_value = "model")]
    chat: Chat,
    /// Whether a model that can think first should
    #[arg(long, value_enum, default_value = "as-template")]
    thinking: Thinking,
    /// The part of the questions to sample for, counted from 0, as in 0/4 to 3/4 (default: all)
    #[arg(long, value_name = "INDEX/COUNT")]
    shard: Option<Shard>,
    /// A folder of templates that replace the built-in ones of the same name
    #[arg(long)]
    templates: Option<PathBuf>,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The format of the files in OUT
    #[arg(long, value_enum, default_value = "json")]
    files: FileFormat,
    /// The folder for the test set
    #[arg(long)]
    out: PathBuf,
}

/// The format of the files.
#[derive(Clone, Copy, clap::ValueEnum)]
enum FileFormat {
    /// An array of objects
    Json,
    /// An object a line
    Jsonl,
    /// Parquet
    Parquet,
}

/// Runs the command.
pub fn run(arguments: &Arguments, libraries: &Libraries) -> anyhow::Result<()> {
    let settings = settings(arguments)?;
    let context = super::context(libraries.registry(&[])?, arguments.templates.as_deref())?;
    context.registry().check(&settings.generator).map_err(touchstone::Error::from)?;
    crate::interrupt::stops(&context)?;
    let questions = questions(&arguments.data, &arguments.categories)?;
    let sampling = Sampling {
        context: &context,
        settings: &settings,
        questions: &questions,
        fingerprint: &DataFingerprint::of(&questions)?,
        folder: &arguments.out,
        shard: arguments.shard,
    };
    let sampled = sampling.run()?;
    if sampled.is_empty() {
        eprintln!("Nothing to do: {} has a file for each category.", arguments.out.display());
    }
    show(&sampled, arguments.format)
}

/// The questions at a location: these categories of them, or all where none is named.
pub fn questions(data: &str, categories: &[String]) -> Result<QuestionSet> {
    let categories: Vec<Category> = categories.iter().map(|name| Category::new(name.as_str())).collect();
    QuestionSet::open_categories(&data.parse()?, &categories)
}

fn settings(arguments: &Arguments) -> Result<SamplingSettings> {
    Ok(SamplingSettings {
        generator: arguments.generator.spec()?,
        samples: arguments.samples,
        max_tokens: arguments.max_tokens,
        sampler: arguments.sampler.parse()?,
        seed: arguments.seed,
        stop: arguments.stop.clone(),
        splitter: arguments.splitter.parse()?,
        extractor: arguments.extractor.parse()?,
        template: arguments.template.clone(),
        chat: arguments.chat.into(),
        thinking: arguments.thinking.into(),
        format: match arguments.files {
            FileFormat::Json => jobs::FileFormat::Json,
            FileFormat::Jsonl => jobs::FileFormat::Jsonl,
            FileFormat::Parquet => jobs::FileFormat::Parquet,
        },
    })
}

fn show(sampled: &[SampledCategory], format: Format) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    if format == Format::Json {
        serde_json::to_writer_pretty(&mut out, sampled)?;
        writeln!(out)?;
        return Ok(());
    }
    if sampled.is_empty() {
        return Ok(());
    }
    let header = ["category", "questions", "CoTs", "of an earlier run", "cut short", "without answer", "empty"];
    let row = |one: &SampledCategory| {
        let counts = [one.questions, one.cots, one.resumed, one.cut_short, one.without_answer, one.empty];
        std::iter::once(one.category.to_string()).chain(counts.map(|count| count.to_string())).collect()
    };
    let header = header.map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(sampled.iter().map(row)).collect();
    crate::table::write(&mut out, &rows)?;
    let count = |of: fn(&SampledCategory) -> usize| sampled.iter().map(of).sum::<usize>();
    for (many, what) in [
        (count(|one| one.unreadable), "have no answer because the extractor gave an error"),
        (count(|one| one.prompt_too_long), "are empty because the prompt alone fills the model's context"),
    ] {
        if many > 0 {
            writeln!(out, "{many} CoTs {what}")?;
        }
    }
    let files: Vec<String> = sampled.iter().map(|one| one.file.display().to_string()).collect();
    writeln!(out, "written:\n  {}", files.join("\n  "))?;
    Ok(())
}
