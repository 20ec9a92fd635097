//! Training data for generative reward models: critiques, from a model or by rules, that end in the right verdict.
//!
//! ```text
//! labelled rows ──generate (a model) or compose (rules)──▶ rows with a critique ──preprocess──▶ balanced rows ──shorten──▶ short ones
//! ```
//!
//! | step | here | what it does |
//! |---|---|---|
//! | generate | [`RationalePrompts`] in a [`Critiquing`](touchstone::jobs::Critiquing) job | lets a generator write critiques of every row |
//! | compose | [`Composing`] | writes critiques by rules from the labels, without a model |
//! | preprocess | [`Preprocessing`] | keeps critiques that are whole and agree with the labels, balances the classes |
//! | shorten | [`Shortening`] | cuts what stands behind the thinking down to the verdict |
//!
//! Preprocessing and shortening give the rows of the published code, in its order: white space and case count as in Python's
//! `re`, draws are those of Python's `random`.

mod asking;
mod balance;
mod compose;
mod critique;
mod error;
mod judge;
mod label;
mod preprocess;
mod shorten;

use std::path::{Path, PathBuf};

use serde::Serialize;
use touchstone::data::{TrainingRow, TrainingSet, write_training_set};
use touchstone::{Category, Context, Error};

pub use asking::RationalePrompts;
pub use compose::{ComposedCategory, Composing, Wording, compose};
pub use error::RationaleError;
pub use judge::Dropped;
pub use preprocess::{Classes, CountTokens, PreprocessedCategory, Preprocessing};
pub use shorten::{ShortenedCategory, Shortening};

/// Which reward model critiques are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RationaleForm {
    /// gORM: of the whole solution, with one verdict.
    Gorm,
    /// gPRM: of each step up to the first wrong one, with a mark each.
    Gprm,
}

/// In what critiques must agree with the labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// gORM: the verdict with the final answer's label.
    Gorm,
    /// gPRM: the marks with the steps' labels, up to the first wrong step.
    Gprm,
    /// gPRM, relaxed: whether any step is marked wrong with the final answer's label.
    GprmRelaxed,
}

impl Variant {
    /// The form of its critiques.
    pub fn form(self) -> RationaleForm {
        match self {
            Self::Gorm => RationaleForm::Gorm,
            Self::Gprm | Self::GprmRelaxed => RationaleForm::Gprm,
        }
    }

    /// The longest critique in tokens that the paper keeps, where there is a limit.
    pub fn max_tokens(self) -> Option<usize> {
        match self {
            Self::Gorm | Self::Gprm => Some(8192),
            Self::GprmRelaxed => None,
        }
    }
}

/// A category's rows, read whole.
fn read(context: &Context, set: &TrainingSet, category: &Category) -> touchstone::Result<Vec<TrainingRow>> {
    let progress = context.start(&format!("reading {category}"), None);
    let rows = set.rows(category)?.map(|row| {
        context.check_cancelled()?;
        progress.advance(1);
        row
    });
    rows.collect()
}

/// The file of a category in `folder`, which is none that the set is read from.
fn file_of(set: &TrainingSet, folder: &Path, category: &Category, prefix: &str) -> Result<PathBuf, RationaleError> {
    std::fs::create_dir_all(folder).map_err(|error| Error::io("make the folder", folder, error))?;
    let file = folder.join(format!("{prefix}{category}.json"));
    let place = file.canonicalize().ok();
    let is_read = |path: &PathBuf| place.is_some() && path.canonicalize().ok() == place;
    if set.files().iter().flat_map(|files| &files.paths).any(is_read) {
        return Err(RationaleError::Overwrites { file });
    }
    Ok(file)
}

/// What preprocessing puts before the category in the names of its files.
const PREFIX: &str = "preprocessed_";

fn write(file: &Path, rows: &[TrainingRow]) -> touchstone::Result<()> {
    write_training_set(file, rows.iter().map(Ok::<&TrainingRow, Error>))
}
