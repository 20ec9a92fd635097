//! A row by the names of its columns, and the errors that name its place.

use super::cell::{Cell, Mismatch};
use super::error::{DataError, RowPlace};
use crate::QuestionId;

/// A column that a kind of set is made of.
pub struct Column {
    pub name: &'static str,
    pub need: Need,
}

/// Whether a file must have a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Required,
    Optional,
}

impl Column {
    pub const fn required(name: &'static str) -> Self {
        Self { name, need: Need::Required }
    }

    pub const fn optional(name: &'static str) -> Self {
        Self { name, need: Need::Optional }
    }
}

/// The cells of one row, in the order of the columns of its kind of set; an optional column that is absent is null.
pub struct Record {
    pub place: RowPlace,
    columns: &'static [Column],
    cells: Vec<Cell>,
    question: Option<QuestionId>,
}

impl Record {
    /// `cells` are as many as `columns`.
    pub fn new(place: RowPlace, columns: &'static [Column], cells: Vec<Cell>) -> Self {
        Self { place, columns, cells, question: None }
    }

    /// The question's id; later errors of this row name it.
    pub fn question_id(&mut self) -> Result<QuestionId, DataError> {
        let id = self.take("q_id", |cell| match cell {
            Cell::Text(text) => Ok(QuestionId::from(text)),
            Cell::Integer(number) => Ok(QuestionId::from(number)),
            other => Err(other.mismatch("text or an integer")),
        })?;
        self.question = Some(id.clone());
        Ok(id)
    }

    /// What `read` makes of the cell of `column`, which is gone afterwards.
    pub fn take<T>(
        &mut self,
        column: &'static str,
        read: impl FnOnce(Cell) -> Result<T, Mismatch>,
    ) -> Result<T, DataError> {
        let index = self.columns.iter().position(|known| known.name == column);
        let cell = index
            .and_then(|index| self.cells.get_mut(index))
            .map_or(Cell::Null, |cell| std::mem::replace(cell, Cell::Null));
        read(cell).map_err(|mismatch| DataError::WrongType {
            place: self.place.clone(),
            question: self.question.clone(),
            column: mismatch.indices.iter().fold(column.to_owned(), |path, index| format!("{path}[{index}]")),
            expected: mismatch.expected,
            found: mismatch.found,
        })
    }
}
