//! What may go wrong between numbers and pictures.

use std::path::{Path, PathBuf};

use touchstone::{Category, CotId, QuestionId};

use crate::figure::TableError;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The accuracies cannot be drawn as they are.
    #[error(transparent)]
    Table(#[from] TableError),

    /// The accuracies of a file cannot be drawn as they are.
    #[error("{}: {source}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        source: TableError,
    },

    /// A file is no evaluation.
    #[error("{} is not an evaluation.json of this version: {message}", path.display())]
    NotAnEvaluation {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        message: String,
    },

    /// A template, or a file, failed.
    #[error(transparent)]
    Core(#[from] touchstone::Error),

    /// A setting has no sensible meaning.
    #[error("the figure setting {field} is wrong: {message}")]
    Setting {
        /// The setting.
        field: &'static str,
        /// What is wrong and what to do.
        message: String,
    },

    /// The evaluation lacks what the figure shows.
    #[error("nothing to draw: {message}")]
    Nothing {
        /// What is missing and what to do.
        message: String,
    },

    /// The drawing library failed.
    #[error("could not draw the figure: {message}")]
    Drawing {
        /// What it said.
        message: String,
    },

    /// A picture could not be turned into another format.
    #[error("could not make the {format} of the figure: {message}")]
    Conversion {
        /// The format, as in "PDF".
        format: &'static str,
        /// What went wrong.
        message: String,
    },

    /// Rewards that have no question in common with the test set.
    #[error(
        "the rewards {rewards} of the method {method:?} have no question of the test set: they seem to belong to another one"
    )]
    ForeignRewards {
        /// The method.
        method: String,
        /// The reward set.
        rewards: String,
    },

    /// Rewards of a CoT that the test set lacks, though it has the question.
    #[error(
        "the rewards {rewards} of the method {method:?}, category {category}, question {question}: the test set has no CoT {cot}; they \
         seem to belong to another one (--allow-partial passes over it)"
    )]
    ForeignCot {
        /// The method.
        method: String,
        /// The reward set.
        rewards: String,
        /// The category.
        category: Category,
        /// The question.
        question: QuestionId,
        /// The CoT.
        cot: CotId,
    },

    /// A line of a file of rationales cannot be read.
    #[error("{}, line {line}: {message}", path.display())]
    Rationales {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },

    /// A question's CoTs cannot be chosen among.
    #[error("{method}, category {category}, question {question}: {source}")]
    Choice {
        /// The method.
        method: String,
        /// The category.
        category: Category,
        /// The question.
        question: QuestionId,
        /// Why not.
        source: Box<touchstone_search::Error>,
    },

    /// What is to count as a large drop between rewards cannot be.
    #[error("a drop of {drop} between rewards cannot be: give a number from 0.001 to 1")]
    Drop {
        /// What was asked for.
        drop: f64,
    },

    /// A page's data could not be made ready.
    #[error("could not make the page's data: {message}")]
    Page {
        /// What went wrong.
        message: String,
    },

    /// A file or folder could not be read or written.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was attempted, as in "write the figure".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// An error of the file system; `action` completes "could not".
    pub fn io(action: &'static str, path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self::Io { action, path: path.as_ref().to_owned(), source }
    }

    /// Whether the work was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Core(error) => error.is_cancelled(),
            Self::Choice { source, .. } => source.is_cancelled(),
            _ => false,
        }
    }

    pub(crate) fn drawing(error: impl std::fmt::Display) -> Self {
        Self::Drawing { message: error.to_string() }
    }

    pub(crate) fn page(error: impl std::fmt::Display) -> Self {
        Self::Page { message: error.to_string() }
    }

    pub(crate) fn conversion(format: &'static str, error: impl std::fmt::Display) -> Self {
        Self::Conversion { format, message: error.to_string() }
    }
}
