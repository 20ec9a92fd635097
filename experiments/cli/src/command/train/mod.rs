//! `touchstone train`: from a training set to a reward model.

mod examples;
mod show;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, bail};
use touchstone_candle::Model;
use touchstone_candle::compute::{Compute, DeviceName};
use touchstone_candle::source::{ModelFiles, ModelLocation, TrainingNote};
use touchstone_candle::training::{RewardModel, Split, Trained, Trainer, TrainingConfig, TrainingJob};

use self::examples::{Layout, Material};
use self::show::Report;
use super::Format;
use super::libraries::Libraries;

/// Train a reward model: a LoRA adapter beside a frozen base, or all weights of a small one
///
/// OUT gets the adapter in PEFT's layout with the tokenizer (or a whole model), the loss curve as training_curve.csv and
/// training_curve.svg, and touchstone.json with what is to be known of the training. The whole state is saved every few steps:
/// after a kill or Ctrl-C the same command goes on where it was, with the same numbers.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone train --config dORM-14B.yaml --data data/train --out adapters/dORM
  touchstone train --reward-model dPRM --model embedded:tiny --data data/train --held-out 0.1 --out adapters/dPRM
  touchstone train --reward-model gORM --model models/base --data data/preprocessed --out adapters/gORM \\
      --set training_args.learning_rate=5e-5 --set lora_config.r=64
  touchstone score --verifier dorm --model models/base --adapter adapters/dORM --data data/test --out rewards/dORM

The configuration is the paper's own YAML; without one the paper's settings of the reward model hold. --set goes before it.")]
pub struct Arguments {
    /// A training file as the paper's published code has them
    #[arg(long)]
    config: Option<PathBuf>,
    /// dORM, dPRM, gORM or gPRM (default: what the file says)
    #[arg(long, value_name = "NAME")]
    reward_model: Option<RewardModel>,
    /// The base: a folder, hf://namespace/name@revision, embedded:NAME (default: what the file says)
    #[arg(long)]
    model: Option<String>,
    /// A LoRA adapter to go on from, in place of a new one
    #[arg(long)]
    begin: Option<ModelLocation>,
    /// The training set: a file, a folder, or hf://namespace/name@revision (default: what the file says)
    #[arg(long)]
    data: Option<String>,
    /// The categories to train on (default: all)
    #[arg(long, value_delimiter = ',')]
    categories: Vec<String>,
    /// The share of the questions that is kept apart to look at the loss on, as in 0.1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    held_out: f64,
    /// A setting of the file; lora_config.r=32 sets a key of a section
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// A file with a prompt template of your own, in place of gorm.jinja or gprm.jinja
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// A folder of templates that replace the built-in ones of the same name
    #[arg(long)]
    templates: Option<PathBuf>,
    /// Where to compute: cpu, cuda:N, metal
    #[arg(long, default_value = "cpu")]
    device: DeviceName,
    /// Steps between two saved states
    #[arg(long, value_name = "STEPS", default_value = "50")]
    checkpoint_every: NonZeroUsize,
    /// Steps between two looks at the held-out loss (default: before the first and after the last)
    #[arg(long, value_name = "STEPS")]
    evaluate_every: Option<NonZeroUsize>,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The folder for what is trained
    #[arg(long)]
    out: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments, libraries: &Libraries) -> anyhow::Result<()> {
    let began = Instant::now();
    let config = config(arguments)?;
    config.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    let context = super::context(libraries.registry(&[])?, arguments.templates.as_deref())?;
    crate::interrupt::stops(&context)?;
    let base = location(arguments.model.as_deref().or(config.model.as_deref()), "--model", "model_id")?;
    let base: ModelLocation = base.parse()?;

    let data = location(arguments.data.as_deref().or(config.data.as_deref()), "--data", "train_data_path")?;
    let mut sets = vec![super::training_set(&data, &arguments.categories)?];
    if let Some(data) = &config.held_out_data {
        sets.push(super::training_set(&place(data), &arguments.categories)?);
    }
    let files = base.model_files(&context)?;
    let (tokenizer, chat) = Model::text(&files)?;
    let layout = Layout {
        context: &context,
        tokenizer: &tokenizer,
        chat: chat.as_ref(),
        template: arguments.template.as_deref(),
        max_length: config.max_length,
        label_rule: config.label_rule.as_deref(),
    };
    let Material { objective, mut prepared, prefix } = examples::prepare(config.reward_model, &sets, &layout)?;
    let given = (prepared.len() > 1).then(|| prepared.remove(1));
    let training = prepared.remove(0);
    let (too_long, unlabelled) = (training.too_long, training.unlabelled);
    let Split { training, mut held_out } = training.hold_out(arguments.held_out, config.settings.seed);
    held_out.extend(given.iter().flat_map(|given| given.examples().cloned()));

    let load = Compute { device: arguments.device, ..Compute::default() }.load_settings()?;
    let begin = match &arguments.begin {
        Some(begin) => Some(begin.adapter_files(&context)?.for_decoder()?),
        None => None,
    };
    let trainer = Trainer::open(&files.for_decoder()?, begin.as_ref(), objective, config.settings.clone(), &load)?;
    let fingerprint = trainer.fingerprint(&training)?;
    if let Some(note) = finished(&arguments.out, &context)? {
        if note.fingerprint == fingerprint {
            eprintln!("Nothing to do: {} holds what this training made.", arguments.out.display());
            return Ok(());
        }
        bail!(
            "{} holds what another training made: the model, the settings or the data have changed since; name another --out",
            arguments.out.display()
        );
    }
    let job = TrainingJob {
        trainer,
        examples: &training,
        held_out: &held_out,
        folder: &arguments.out,
        checkpoint_every: arguments.checkpoint_every,
        evaluate_every: arguments.evaluate_every,
    };
    let finished = job.run(&context).map_err(|error| error.of_plugin("train"))?;
    let picture = touchstone_report::figure::draw_loss_curve(&finished.curve)?;
    let picture = picture.svg();
    touchstone::write_atomically(arguments.out.join("training_curve.svg"), |out| {
        Ok(out.write_all(picture.as_bytes())?)
    })?;
    finished.trainer.save(&arguments.out, &base.to_string())?;
    if let ModelFiles::Safetensors(model) = &files {
        match config.settings.trained {
            Trained::Weights => model.copy_all_but_weights(&arguments.out, Some("float32"))?,
            _ => model.copy_tokenizer(&arguments.out)?,
        }
    }
    let report = Report {
        reward_model: config.reward_model.name(),
        base: base.to_string(),
        trained_numbers: finished.trainer.trained_numbers(),
        examples: training.len(),
        held_out_examples: held_out.len(),
        too_long,
        unlabelled,
        steps: finished.trainer.steps_taken(),
        resumed: finished.resumed,
        held_out_loss: finished.held_out,
        seconds: began.elapsed().as_secs_f64(),
    };
    let note = TrainingNote {
        reward_model: config.reward_model.name().to_owned(),
        prefix: prefix.map(str::to_owned),
        fingerprint,
        facts: report.facts(),
    };
    // The note says that everything is there.
    note.write(&arguments.out)?;
    finished.remove_checkpoint(&arguments.out)?;
    report.show(&arguments.out, arguments.format)
}

fn config(arguments: &Arguments) -> anyhow::Result<TrainingConfig> {
    let mut text = String::new();
    if let Some(path) = &arguments.config {
        text = std::fs::read_to_string(path)
            .with_context(|| format!("could not read the training file {}", path.display()))?;
    }
    let mut settings = arguments.settings.clone();
    if let Some(reward_model) = arguments.reward_model {
        settings.push(format!("task_type={}", reward_model.name()));
    }
    let config = TrainingConfig::from_yaml(&text, &settings);
    match &arguments.config {
        Some(path) => config.with_context(|| format!("{}", path.display())),
        None if arguments.reward_model.is_none() && arguments.settings.is_empty() => {
            bail!("what is to be trained? Name a file with --config, or --reward-model dORM, dPRM, gORM or gPRM")
        }
        None => Ok(config?),
    }
}

/// What the command line or the file names.
fn location(named: Option<&str>, option: &str, key: &str) -> anyhow::Result<String> {
    match named {
        Some(named) => Ok(place(named)),
        None => bail!("{option} is missing, and no file says {key}"),
    }
}

/// A bare `namespace/name`, as the paper's files have it, is a repository on the hub unless something of that name is here.
fn place(named: &str) -> String {
    let of_name = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
    };
    match named.split_once('/') {
        Some((namespace, name)) if of_name(namespace) && of_name(name) && !Path::new(named).exists() => {
            format!("hf://{named}")
        }
        _ => named.to_owned(),
    }
}

/// What a training that is over left in a folder.
fn finished(folder: &Path, context: &touchstone::Context) -> anyhow::Result<Option<TrainingNote>> {
    match folder.is_dir() {
        true => Ok(ModelLocation::Path(folder.to_owned()).training_note(context)?),
        false => Ok(None),
    }
}
