//! Rows of question sets.

use super::Row;
use crate::data::cell::Cell;
use crate::data::error::DataError;
use crate::data::record::{Column, Record};
use crate::{Category, Question, QuestionId};

/// A question with its gold answer, without CoTs: one row of a question set. A test set is one, too: its CoTs are passed over
/// unread, as all other columns are.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionRow {
    /// The question.
    pub question: Question,
    /// The gold answer, as the file has it.
    pub gold: String,
}

impl Row for QuestionRow {
    const COLUMNS: &'static [Column] =
        &[Column::required("q_id"), Column::required("question"), Column::required("answer")];

    fn read(mut record: Record, category: &Category) -> Result<Self, DataError> {
        let id = record.question_id()?;
        let text = record.take("question", Cell::text)?;
        let gold = record.take("answer", Cell::answer)?;
        Ok(Self { question: Question { id, category: category.clone(), text }, gold })
    }

    fn unique_id(&self) -> Option<&QuestionId> {
        Some(&self.question.id)
    }
}
