//! `touchstone critique shorten`: preprocessed critiques with the verdict alone behind the thinking.

use std::path::PathBuf;

use touchstone::Registry;
use touchstone_generative::rationales::{ShortenedCategory, Shortening};

use super::{Form, spread};
use crate::command::Format;

/// Cut what stands behind the thinking of preprocessed critiques down to the verdict: OUT/preprocessed_{category}.json
///
/// For gorm all that follows </think> is replaced by the verdict of the label; for gprm what follows the first verdict behind it
/// is cut. A critique that does not hold </think> exactly once stays as it is.
// The help text names tags of texts, and is no HTML.
#[allow(rustdoc::invalid_html_tags)]
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  touchstone critique shorten --for gorm --data rationales --out rationales/shortened")]
pub struct Arguments {
    /// Which reward model the critiques are for
    #[arg(long = "for", value_enum, value_name = "MODEL")]
    form: Form,
    /// What `touchstone critique preprocess` wrote: a file, a folder, or hf://namespace/name@revision
    #[arg(long)]
    data: String,
    /// The categories (default: all)
    #[arg(long, value_delimiter = ',')]
    categories: Vec<String>,
    /// How the result is written to stdout
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The folder for the shortened critiques, another than that of the data
    #[arg(long)]
    out: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let context = crate::command::context(Registry::builtin(), None)?;
    crate::interrupt::stops(&context)?;
    let rows = crate::command::training_set(&arguments.data, &arguments.categories)?;
    let (form, folder) = (arguments.form.into(), arguments.out.as_path());
    let shortened = Shortening { context: &context, form, rows: &rows, folder }.run()?;
    super::show(
        arguments.format,
        &shortened,
        &[
            ("category", &|one: &ShortenedCategory| one.category.to_string()),
            ("rows", &|one| one.rows.to_string()),
            ("shortened", &|one| one.shortened.to_string()),
            ("other thinking", &|one| one.other_thinking.to_string()),
            ("words before", &|one| spread(one.words_before)),
            ("words after", &|one| spread(one.words_after)),
        ],
        |one| &one.file,
    )
}
