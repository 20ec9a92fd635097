//! Rows of test sets.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::{Lengths, Row, check_cot_ids};
use crate::data::cell::{Cell, Mismatch};
use crate::data::error::{DataError, RowPlace};
use crate::data::record::{Column, Record};
use crate::{Category, Cot, CotId, Label, Question, QuestionId, Step};

/// A question with its gold answer and its CoTs: one row of a test set. Serialises as files have it.
#[derive(Clone, Debug, PartialEq)]
pub struct TestRow {
    /// The question.
    pub question: Question,
    /// The gold answer, as the file has it.
    pub gold: String,
    /// The CoTs in the file's order, which the draws of the evaluation protocol index.
    pub cots: Vec<Cot>,
    /// Labels of each CoT's steps, in sets that have them: a list per CoT, empty where the CoT was not labelled, shorter
    /// than its steps where labelling stopped at an error.
    pub step_labels: Option<Vec<Vec<Label>>>,
}

impl TestRow {
    /// Checks what a row must hold, whether it was read or is to be written.
    pub(crate) fn check(&self, place: &RowPlace) -> Result<(), DataError> {
        let ids: Vec<CotId> = self.cots.iter().map(|cot| cot.id).collect();
        check_cot_ids(&ids, place, &self.question.id)?;
        let Some(labels) = &self.step_labels else { return Ok(()) };
        Lengths { lists: &[("cots", self.cots.len()), ("labels", labels.len())] }.check(place, &self.question.id)?;
        match self.cots.iter().zip(labels).find(|(cot, labels)| labels.len() > cot.steps.len()) {
            Some((cot, labels)) => Err(DataError::UnequalLengths {
                place: place.clone(),
                question: self.question.id.clone(),
                lists: format!("CoT {} has {} labels for {} steps", cot.id, labels.len(), cot.steps.len()),
            }),
            None => Ok(()),
        }
    }
}

/// Labels, where the column is a list of lists of numbers. One of another shape means something else in its set, and is
/// passed over as any other unknown column.
fn step_labels(cell: Cell) -> Result<Option<Vec<Vec<Label>>>, Mismatch> {
    let number = |label: &Cell| matches!(label, Cell::Integer(_) | Cell::Number(_));
    match &cell {
        Cell::List(cots)
            if cots.iter().all(|cot| match cot {
                Cell::List(labels) => labels.iter().all(number),
                other => *other == Cell::Null,
            }) =>
        {
            cell.list(|cot| cot.list(Cell::label)).map(Some)
        }
        _ => Ok(None),
    }
}

impl Row for TestRow {
    const COLUMNS: &'static [Column] = &[
        Column::required("q_id"),
        Column::required("question"),
        Column::required("answer"),
        Column::required("cot_ids"),
        Column::required("cots"),
        Column::required("parsed_answers"),
        Column::optional("labels"),
    ];

    fn read(mut record: Record, category: &Category) -> Result<Self, DataError> {
        let id = record.question_id()?;
        let text = record.take("question", Cell::text)?;
        let gold = record.take("answer", Cell::answer)?;
        let ids = record.take("cot_ids", |cell| cell.list(|id| id.integer().map(CotId)))?;
        let cots = record.take("cots", |cell| cell.list(|cot| cot.list(|step| step.text().map(Step))))?;
        let answers = record.take("parsed_answers", |cell| cell.list(|answer| answer.optional(Cell::answer)))?;
        let step_labels = record.take("labels", step_labels)?;
        let lists = &[("cot_ids", ids.len()), ("cots", cots.len()), ("parsed_answers", answers.len())];
        Lengths { lists }.check(&record.place, &id)?;
        let cots = ids.into_iter().zip(cots).zip(answers);
        let row = Self {
            question: Question { id, category: category.clone(), text },
            gold,
            cots: cots.map(|((id, steps), answer)| Cot { id, steps, answer }).collect(),
            step_labels,
        };
        row.check(&record.place)?;
        Ok(row)
    }

    fn unique_id(&self) -> Option<&QuestionId> {
        Some(&self.question.id)
    }
}

impl Serialize for TestRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = 6 + usize::from(self.step_labels.is_some());
        let mut row = serializer.serialize_struct("TestRow", fields)?;
        row.serialize_field("q_id", &self.question.id)?;
        row.serialize_field("question", &self.question.text)?;
        row.serialize_field("answer", &self.gold)?;
        row.serialize_field("cot_ids", &self.cots.iter().map(|cot| cot.id).collect::<Vec<_>>())?;
        row.serialize_field("cots", &self.cots.iter().map(|cot| &cot.steps).collect::<Vec<_>>())?;
        row.serialize_field("parsed_answers", &self.cots.iter().map(|cot| &cot.answer).collect::<Vec<_>>())?;
        if let Some(labels) = &self.step_labels {
            row.serialize_field("labels", labels)?;
        }
        row.end()
    }
}
