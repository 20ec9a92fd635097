//! Rows of training sets.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::Row;
use crate::data::cell::{Cell, Mismatch};
use crate::data::error::DataError;
use crate::data::record::{Column, Record};
use crate::{Category, Cot, CotId, Label, Question, QuestionId, Step};

/// One CoT of one question with its labels: one row of a training set.
///
/// Sets for discriminative models have `gold` and the CoT's parsed answer; sets for generative models have `critique`.
/// The same question and CoT may come in several rows, with several critiques.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingRow {
    /// The question.
    pub question: Question,
    /// The gold answer, where the set has it.
    pub gold: Option<String>,
    /// The CoT, with the answer read from it, where the set has it.
    pub cot: Cot,
    /// The labels; `None` where they are absent, null or empty, and the row trains nothing.
    pub labels: Option<Labels>,
    /// The critique that a generative model is to learn.
    pub critique: Option<String>,
}

/// The labels of a CoT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Labels {
    /// One label of the whole CoT, as sets for gORM have it.
    Whole(Label),
    /// Labels of the steps from the first on, at least one. They may be fewer than the steps where labelling stopped at
    /// an error, and more where a critique marked a CoT that was cut.
    Steps(Vec<Label>),
}

fn labels(cell: Cell) -> Result<Option<Labels>, Mismatch> {
    match cell {
        Cell::Null => Ok(None),
        Cell::List(items) if items.is_empty() => Ok(None),
        list @ Cell::List(_) => list.list(Cell::label).map(|labels| Some(Labels::Steps(labels))),
        whole => whole.label().map(|label| Some(Labels::Whole(label))),
    }
}

/// As the objects of JSON files. What a set for discriminative models has and one for generative models has not, `answer` and
/// `parsed_answer`, is written where either is there; `critique` where it is there.
impl Serialize for TrainingRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let answers = self.gold.is_some() || self.cot.answer.is_some();
        let fields = 5 + 2 * usize::from(answers) + usize::from(self.critique.is_some());
        let mut row = serializer.serialize_struct("TrainingRow", fields)?;
        row.serialize_field("q_id", &self.question.id)?;
        row.serialize_field("question", &self.question.text)?;
        if answers {
            row.serialize_field("answer", &self.gold)?;
        }
        row.serialize_field("cot_id", &self.cot.id)?;
        row.serialize_field("cot", &self.cot.steps)?;
        if answers {
            row.serialize_field("parsed_answer", &self.cot.answer)?;
        }
        if let Some(critique) = &self.critique {
            row.serialize_field("critique", critique)?;
        }
        row.serialize_field("labels", &self.labels)?;
        row.end()
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole(label) => label.serialize(serializer),
            Self::Steps(labels) => labels.serialize(serializer),
        }
    }
}

impl Row for TrainingRow {
    // What preprocessing writes beside the file that it was made from.
    const FILE_PREFIX: &'static str = "preprocessed_";

    const COLUMNS: &'static [Column] = &[
        Column::required("q_id"),
        Column::required("question"),
        Column::optional("answer"),
        Column::required("cot_id"),
        Column::required("cot"),
        Column::optional("parsed_answer"),
        Column::optional("labels"),
        Column::optional("critique"),
    ];

    fn read(mut record: Record, category: &Category) -> Result<Self, DataError> {
        let id = record.question_id()?;
        Ok(Self {
            question: Question { id, category: category.clone(), text: record.take("question", Cell::text)? },
            gold: record.take("answer", |cell| cell.optional(Cell::answer))?,
            cot: Cot {
                id: record.take("cot_id", |cell| cell.integer().map(CotId))?,
                steps: record.take("cot", |cell| cell.list(|step| step.text().map(Step)))?,
                answer: record.take("parsed_answer", |cell| cell.optional(Cell::answer))?,
            },
            labels: record.take("labels", labels)?,
            critique: record.take("critique", |cell| cell.optional(Cell::text))?,
        })
    }

    fn unique_id(&self) -> Option<&QuestionId> {
        None
    }
}
