//! One category whose critiques are under way.

use serde::{Deserialize, Serialize};

use super::{CritiquedCategory, Critiquing};
use crate::data::{TrainingRow, write_training_set};
use crate::generator::FinishReason;
use crate::jobs::Identity;
use crate::jobs::completions::{Completions, Unit};
use crate::{Category, CotId, QuestionId, Result};

/// A row, as journals have it: by its place among the rows of the job, since a question and a CoT may come in several.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OfRow {
    row: usize,
    q_id: QuestionId,
    cot_id: CotId,
}

impl OfRow {
    pub fn new(row: usize, content: &TrainingRow) -> Self {
        Self { row, q_id: content.question.id.clone(), cot_id: content.cot.id }
    }
}

impl Unit for OfRow {
    fn question(&self) -> &QuestionId {
        &self.q_id
    }
}

/// A category whose file is not there yet.
pub struct OpenCategory {
    pub category: Category,
    pub critiques: Completions<OfRow>,
}

impl OpenCategory {
    /// Opens the category's journal, or begins it. `None` if the category was finished meanwhile.
    pub fn open(job: &Critiquing<'_>, category: &Category, identity: &Identity) -> Result<Option<Self>> {
        let critiques = Completions::open(&job.file(category), identity, job.settings.critiques.get())?;
        Ok(critiques.map(|critiques| Self { category: category.clone(), critiques }))
    }

    /// Writes the category's file, each row once for each of its critiques, and removes the journal.
    pub fn finish(self, rows: impl Iterator<Item = Result<TrainingRow>>) -> Result<CritiquedCategory> {
        let mut counts = CritiquedCategory {
            category: self.category.clone(),
            file: self.critiques.file.clone(),
            rows: 0,
            critiques: 0,
            resumed: self.critiques.resumed,
            cut_short: 0,
            prompt_too_long: 0,
        };
        let critiqued = rows.enumerate().flat_map(|(place, row)| match row {
            Ok(row) => self.row(place, &row, &mut counts),
            Err(error) => vec![Err(error)],
        });
        write_training_set(&self.critiques.file, critiqued)?;
        self.critiques.remove_journal()?;
        Ok(counts)
    }

    fn row(&self, place: usize, row: &TrainingRow, counts: &mut CritiquedCategory) -> Vec<Result<TrainingRow>> {
        counts.rows += 1;
        let unit = OfRow::new(place, row);
        let critiques = self.critiques.take(&unit).map(|critique| {
            let critique = critique?;
            counts.critiques += 1;
            counts.cut_short += usize::from(critique.finish == FinishReason::Length);
            counts.prompt_too_long += usize::from(critique.finish == FinishReason::PromptTooLong);
            Ok(TrainingRow { critique: Some(critique.text), ..row.clone() })
        });
        critiques.collect()
    }
}
