//! `touchstone critique compose`: critiques of training rows by rules.

use std::path::PathBuf;

use touchstone::Registry;
use touchstone_generative::rationales::{ComposedCategory, Composing, Wording};

use super::{Form, spread};
use crate::command::Format;

/// Compose critiques by rules from the labels, without a model: OUT/{category}.json
///
/// A stand-in for those who can run no large model: a composed critique names each step by its last words, says what its
/// label says, and closes with the verdict. A reward model that is trained on it learns the form of critiques and little more.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  touchstone critique compose --for gprm --data data/train --out critiques
  touchstone critique compose --for gorm --brief --data data/train --out critiques")]
pub struct Arguments {
    /// Which reward model the critiques are for
    #[arg(long = "for", value_enum, value_name = "MODEL")]
    form: Form,
    /// The training set: a file, a folder, or hf://namespace/name@revision
    #[arg(long)]
    data: String,
    /// The categories (default: all)
    #[arg(long, value_delimiter = ',')]
    categories: Vec<String>,
    /// Count the steps and judge, without a word of what the steps say: what a very small model can learn
    #[arg(long)]
    brief: bool,
    /// Where the choice of words begins
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The folder for the rows with their critiques
    #[arg(long)]
    out: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let context = crate::command::context(Registry::builtin(), None)?;
    crate::interrupt::stops(&context)?;
    let rows = crate::command::training_set(&arguments.data, &arguments.categories)?;
    let wording = if arguments.brief { Wording::Brief } else { Wording::Quoting };
    let (form, seed, folder) = (arguments.form.into(), arguments.seed, arguments.out.as_path());
    let composed = Composing { context: &context, form, wording, seed, rows: &rows, folder }.run()?;
    super::show(
        arguments.format,
        &composed,
        &[
            ("category", &|one: &ComposedCategory| one.category.to_string()),
            ("rows", &|one| one.rows.to_string()),
            ("unlabelled", &|one| one.unlabelled.to_string()),
            ("not covered", &|one| one.not_covered.to_string()),
            ("critiques", &|one| one.critiques.to_string()),
            ("words", &|one| spread(one.words)),
        ],
        |one| &one.file,
    )
}
