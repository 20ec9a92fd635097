//! What may be wrong with a data file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{Category, CotId, Error, QuestionId};

/// A row of a file, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowPlace {
    /// The file.
    pub path: Arc<Path>,
    /// Where in the file.
    pub position: Position,
}

/// The position of a row in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The row's index, counted from 0, as in a Parquet file or a JSON array.
    Row(u64),
    /// The line, counted from 1, as editors count the lines of a JSONL file.
    Line(u64),
}

impl fmt::Display for RowPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {}", self.path.display(), self.position)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(row) => write!(formatter, "row {row} (counted from 0)"),
            Self::Line(line) => write!(formatter, "line {line}"),
        }
    }
}

/// A data set or reward file is wrong. A file is only ever read: it is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The files of a folder or repository do not make categories.
    #[error(transparent)]
    Layout(#[from] super::layout::LayoutError),

    /// A hub reference is not of its form.
    #[error(
        "{text:?} does not name a repository of the hub: write hf://namespace/name@revision (the revision may be left out)"
    )]
    HubReference {
        /// What was written.
        text: String,
    },

    /// A location on the hub, but no hub in this build.
    #[error(
        "{location} lies on the hub, and this build cannot reach it: build with the feature `hub`, or download the \
         files and give their folder"
    )]
    NoHub {
        /// The location.
        location: String,
    },

    /// There is no such file or folder.
    #[error("there is no file or folder {}{hint}", path.display())]
    Absent {
        /// What was asked for.
        path: PathBuf,
        /// `; did you mean …`, where a neighbour has nearly the same name.
        hint: String,
    },

    /// A folder or repository without data.
    #[error(
        "{location} holds no data: it should hold one file per category, named {{category}}.parquet, .json or .jsonl \
         (these two also with .gz or .zst)"
    )]
    NoData {
        /// The folder or repository.
        location: String,
    },

    /// A file whose name says nothing about its format.
    #[error(
        "cannot tell the format of {} by its name: it should end in .parquet, .json or .jsonl (these two also with .gz \
         or .zst)", path.display()
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },

    /// A category that was asked for is not there.
    #[error("{location} has no category {category}{hint}; it has {}", list(known))]
    UnknownCategory {
        /// The data set.
        location: String,
        /// The category that was asked for.
        category: Category,
        /// `; did you mean …`, where one is near.
        hint: String,
        /// What is there.
        known: Vec<Category>,
    },

    /// Two files claim the same category.
    #[error("both {} and {} hold the category {category}: remove one of them", first.display(), second.display())]
    CategoryTwice {
        /// The category.
        category: Category,
        /// A file of it.
        first: PathBuf,
        /// Another.
        second: PathBuf,
    },

    /// A file without content.
    #[error("{} is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },

    /// The system, or the decompressor, could not go on reading.
    #[error(
        "could not read {} beyond its first {rows} rows: {source} (was the file cut off or damaged?)", path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// How many rows were read well.
        rows: u64,
        /// What went wrong.
        source: std::io::Error,
    },

    /// A file that is not Parquet, or was cut off.
    #[error("{} is not a whole Parquet file: {message}", path.display())]
    NotParquet {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },

    /// A Parquet file whose content cannot be decoded.
    #[error("{place}{}: the Parquet file is damaged here: {message}", in_column(column))]
    Damaged {
        /// The first row that cannot be read.
        place: RowPlace,
        /// The column, where it could be told.
        column: Option<String>,
        /// What the decoder said.
        message: String,
    },

    /// A JSON or JSONL file of another shape.
    #[error("{} does not hold one object per row: it is {found}", path.display())]
    NotRows {
        /// The file.
        path: PathBuf,
        /// What it is, and what to do.
        found: String,
    },

    /// A JSON file that ends too early.
    #[error("{} ends in the middle, after {rows} whole rows: it was cut off", path.display())]
    CutOff {
        /// The file.
        path: PathBuf,
        /// How many whole rows came before.
        rows: u64,
    },

    /// A JSON file that goes on after its end.
    #[error(
        "{} goes on after the end of its array of {rows} rows: remove what follows the closing bracket", path.display()
    )]
    TrailingText {
        /// The file.
        path: PathBuf,
        /// How many rows the array has.
        rows: u64,
    },

    /// A row that is not JSON.
    #[error("{place}: not valid JSON: {message}")]
    Json {
        /// The row.
        place: RowPlace,
        /// What is wrong.
        message: String,
    },

    /// A row that is not UTF-8.
    #[error("{place}: not valid UTF-8 at byte {byte} of the row, after {before:?}: write the file again as UTF-8")]
    NotUtf8 {
        /// The row.
        place: RowPlace,
        /// The offset of the first wrong byte in the row.
        byte: usize,
        /// The text before it.
        before: String,
    },

    /// A column is missing.
    #[error("{}{} has no column `{column}`{hint}; it has {}", path.display(), at(position), list(found))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The row, in formats in which each row names its columns.
        position: Option<Position>,
        /// The column that is missing.
        column: &'static str,
        /// `; did you mean …`, where one is near.
        hint: String,
        /// The columns that are there.
        found: Vec<String>,
    },

    /// A value has the wrong type.
    #[error("{place}{}: column `{column}` should be {expected}, and is {found}", of_question(question))]
    WrongType {
        /// The row.
        place: RowPlace,
        /// The question, where it was read before.
        question: Option<QuestionId>,
        /// The column, with the places inside its lists: `cots[3][2]`.
        column: String,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
    },

    /// The lists of a row differ in length.
    #[error("{place}, question {question}: the lists must have one entry per CoT, but {lists}")]
    UnequalLengths {
        /// The row.
        place: RowPlace,
        /// The question.
        question: QuestionId,
        /// The lists and their lengths.
        lists: String,
    },

    /// Two rows of a category have the same question id.
    #[error(
        "the question {question} is there twice: in {first}, and in {second}; ids must be unique in their category"
    )]
    DuplicateQuestion {
        /// The question.
        question: QuestionId,
        /// Its first row.
        first: RowPlace,
        /// Its second row.
        second: RowPlace,
    },

    /// Two CoTs of a question have the same id.
    #[error(
        "{place}, question {question}: the CoT id {cot} is there twice, at places {first} and {second} (counted from 0)"
    )]
    DuplicateCot {
        /// The row.
        place: RowPlace,
        /// The question.
        question: QuestionId,
        /// The id.
        cot: CotId,
        /// Its first place in `cot_ids`.
        first: usize,
        /// Its second place.
        second: usize,
    },

    /// A reward is no probability.
    #[error("{place}, question {question}, CoT {cot}: {source}")]
    Reward {
        /// The row.
        place: RowPlace,
        /// The question.
        question: QuestionId,
        /// The CoT.
        cot: CotId,
        /// What is wrong, and at which step.
        source: Box<Error>,
    },

    /// Rows that one Parquet column cannot hold together.
    #[error("cannot write {}: {message}", path.display())]
    Unwritable {
        /// The file that was to be written.
        path: PathBuf,
        /// Which row, and why.
        message: String,
    },
}

fn list<T: fmt::Display>(items: &[T]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn at(position: &Option<Position>) -> String {
    position.map(|position| format!(", {position},")).unwrap_or_default()
}

fn in_column(column: &Option<String>) -> String {
    column.as_ref().map(|column| format!(", column `{column}`")).unwrap_or_default()
}

fn of_question(question: &Option<QuestionId>) -> String {
    question.as_ref().map(|question| format!(", question {}", question.as_str())).unwrap_or_default()
}
