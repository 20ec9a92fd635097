//! `touchstone critique preprocess`: the critiques that are whole and agree with the labels, balanced.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use touchstone::{Context, Error, Registry};
use touchstone_candle::source::ModelLocation;
use touchstone_candle::tokenizer::{SpecialTokens, Tokenizer};
use touchstone_generative::rationales::{CountTokens, PreprocessedCategory, Preprocessing, RationaleError, Variant};

use super::spread;
use crate::command::Format;

/// Keep the critiques that are whole and agree with the labels, as many of right CoTs as of wrong ones:
/// OUT/preprocessed_{category}.json
///
/// Drops critiques that are repeated, that never end their thinking, hold Chinese characters, are of empty CoTs, cannot be read,
/// differ from the label, or are too long, and counts each reason. The larger class is then sampled down to the smaller one. Rows
/// and order are those of the published code.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone critique preprocess --for gorm --data critiques --out rationales --tokenizer models/small
  touchstone critique preprocess --for gprm-relaxed --data critiques --out rationales
  touchstone critique preprocess --for gprm --data critiques --tokenizer embedded:tiny --max-tokens 300 --out rationales")]
pub struct Arguments {
    /// Which reward model the critiques are for
    #[arg(long = "for", value_enum, value_name = "MODEL")]
    variant: Target,
    /// The rows with their critiques: a file, a folder, or hf://namespace/name@revision
    #[arg(long)]
    data: String,
    /// The categories (default: all)
    #[arg(long, value_delimiter = ',')]
    categories: Vec<String>,
    /// What counts tokens: a model, a folder with a tokenizer.json, or that file itself
    #[arg(long, value_name = "PATH")]
    tokenizer: Option<String>,
    /// The longest critique that is kept, in tokens; 0: no limit (default: 8192 where a tokenizer is named, and 0 for gprm-relaxed)
    #[arg(long, value_name = "N")]
    max_tokens: Option<usize>,
    /// Keep critiques that repeat an earlier one, as those that are composed with --brief do
    #[arg(long)]
    keep_repeated: bool,
    /// Where the draws that balance begin
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The folder for the training data
    #[arg(long)]
    out: PathBuf,
}

/// Which reward model critiques are for, and in what they must agree with the labels.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Target {
    /// The verdict with the final answer
    Gorm,
    /// The marks with the labels of the steps, up to the first wrong one
    Gprm,
    /// Whether any step is marked wrong with the final answer
    GprmRelaxed,
}

impl From<Target> for Variant {
    fn from(target: Target) -> Self {
        match target {
            Target::Gorm => Self::Gorm,
            Target::Gprm => Self::Gprm,
            Target::GprmRelaxed => Self::GprmRelaxed,
        }
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let context = crate::command::context(Registry::builtin(), None)?;
    crate::interrupt::stops(&context)?;
    let variant = Variant::from(arguments.variant);
    let max_tokens = max_tokens(arguments, variant)?;
    let rows = crate::command::training_set(&arguments.data, &arguments.categories)?;
    let tokenizer = arguments.tokenizer.as_deref().map(|place| tokenizer(&context, place)).transpose()?;
    let count = tokenizer.as_ref().map(|tokenizer| {
        move |text: &str| match tokenizer.encode(text, SpecialTokens::Omit) {
            Ok(tokens) => Ok(tokens.len()),
            Err(error) => Err(Error::plugin("tokenizer", error.to_string())),
        }
    });
    let preprocessing = Preprocessing {
        context: &context,
        variant,
        seed: arguments.seed,
        max_tokens,
        count_tokens: count.as_ref().map(|count| count as &CountTokens<'_>),
        keep_repeated: arguments.keep_repeated,
        rows: &rows,
        folder: &arguments.out,
    };
    show(&preprocessing.run()?, arguments.format)
}

/// The limit. One that nothing can count is an error only where it is asked for.
fn max_tokens(arguments: &Arguments, variant: Variant) -> Result<Option<NonZeroUsize>, RationaleError> {
    let by_default = variant.max_tokens().filter(|_| arguments.tokenizer.is_some()).unwrap_or(0);
    let max_tokens = NonZeroUsize::new(arguments.max_tokens.unwrap_or(by_default));
    match (max_tokens, &arguments.tokenizer) {
        (Some(max_tokens), None) => Err(RationaleError::NoTokenizer { max_tokens }),
        (max_tokens, _) => Ok(max_tokens),
    }
}

fn tokenizer(context: &Context, place: &str) -> Result<Tokenizer, touchstone_candle::Error> {
    let location: ModelLocation = place.parse()?;
    Ok(Tokenizer::locate(context, &location)?)
}

fn show(categories: &[PreprocessedCategory], format: Format) -> anyhow::Result<()> {
    super::show(
        format,
        categories,
        &[
            ("category", &|one: &PreprocessedCategory| one.category.to_string()),
            ("rows", &|one| one.rows.to_string()),
            ("unlabelled", &|one| one.unlabelled.to_string()),
            ("repeated", &|one| one.dropped.duplicate.to_string()),
            ("no </think>", &|one| one.dropped.without_think_end.to_string()),
            ("Chinese", &|one| one.dropped.chinese.to_string()),
            ("empty CoT", &|one| one.dropped.empty_cot.to_string()),
            ("unreadable", &|one| one.dropped.unparsable.to_string()),
            ("other label", &|one| one.dropped.other_label.to_string()),
            ("too long", &|one| one.dropped.too_long.to_string()),
            ("kept right", &|one| one.kept.positive.to_string()),
            ("kept wrong", &|one| one.kept.negative.to_string()),
            ("written", &|one| one.balanced.total().to_string()),
            ("words", &|one| spread(one.words)),
            ("tokens", &|one| spread(one.tokens)),
        ],
        |one| &one.file,
    )
}
