//! Rows of test sets without their texts.

use super::{Row, check_cot_ids};
use crate::data::error::DataError;
use crate::data::record::{Column, Record};
use crate::{Category, CotId, QuestionId};

/// The ids of a question and its CoTs: a row of a test set of which nothing else is read.
pub(crate) struct OutlineRow {
    pub id: QuestionId,
    pub cot_ids: Vec<CotId>,
}

impl Row for OutlineRow {
    const COLUMNS: &'static [Column] = &[Column::required("q_id"), Column::required("cot_ids")];

    fn read(mut record: Record, _category: &Category) -> Result<Self, DataError> {
        let id = record.question_id()?;
        let cot_ids = record.take("cot_ids", |cell| cell.list(|id| id.integer().map(CotId)))?;
        check_cot_ids(&cot_ids, &record.place, &id)?;
        Ok(Self { id, cot_ids })
    }

    fn unique_id(&self) -> Option<&QuestionId> {
        Some(&self.id)
    }
}
