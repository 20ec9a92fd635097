//! Rows of reward files.

use serde::Serialize;

use super::{Lengths, Row, check_cot_ids};
use crate::data::cell::Cell;
use crate::data::error::{DataError, RowPlace};
use crate::data::record::{Column, Record};
use crate::{Category, CotId, QuestionId, Rewards};

/// The rewards of one question's CoTs: one row of a reward file. Serialises as files have it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RewardRow {
    /// The question.
    #[serde(rename = "q_id")]
    pub id: QuestionId,
    /// The CoTs, in the file's order, which need not be the test set's.
    pub cot_ids: Vec<CotId>,
    /// The rewards of each CoT, in the order of `cot_ids`.
    pub rewards: Vec<Rewards>,
}

impl RewardRow {
    /// Checks what a row must hold, whether it was read or is to be written.
    pub(crate) fn check(&self, place: &RowPlace) -> Result<(), DataError> {
        let lists = &[("cot_ids", self.cot_ids.len()), ("rewards", self.rewards.len())];
        Lengths { lists }.check(place, &self.id)?;
        check_cot_ids(&self.cot_ids, place, &self.id)
    }
}

impl Row for RewardRow {
    const COLUMNS: &'static [Column] =
        &[Column::required("q_id"), Column::required("cot_ids"), Column::required("rewards")];

    const FILE_SUFFIX: &'static str = "_reward";

    fn read(mut record: Record, _category: &Category) -> Result<Self, DataError> {
        let id = record.question_id()?;
        let cot_ids = record.take("cot_ids", |cell| cell.list(|id| id.integer().map(CotId)))?;
        let values = record.take("rewards", |cell| cell.list(|cot| cot.list(|value| value.optional(Cell::number))))?;
        let lists = &[("cot_ids", cot_ids.len()), ("rewards", values.len())];
        Lengths { lists }.check(&record.place, &id)?;
        check_cot_ids(&cot_ids, &record.place, &id)?;
        let rewards = values.into_iter().zip(&cot_ids).map(|(values, cot)| {
            Rewards::new(values).map_err(|source| DataError::Reward {
                place: record.place.clone(),
                question: id.clone(),
                cot: *cot,
                source: Box::new(source),
            })
        });
        let rewards = rewards.collect::<Result<_, _>>()?;
        Ok(Self { id, cot_ids, rewards })
    }

    fn unique_id(&self) -> Option<&QuestionId> {
        Some(&self.id)
    }
}
