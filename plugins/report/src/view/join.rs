//! Questions joined with their rewards, row by row.

use std::collections::HashMap;

use touchstone::data::{RewardRow, TestRow};
use touchstone::{Category, QuestionId, Rewards};

use super::rationales::RationaleFile;
use super::{Foreign, View, ViewedMethod};
use crate::error::{Error, Result};

/// The rewards of one method for one category, found by question. In the usual case, rows in the order of the test set,
/// one row is held at a time; rows that come before their turn wait.
pub struct RewardRows<'a> {
    method: &'a ViewedMethod,
    category: &'a Category,
    foreign: Foreign,
    rows: Box<dyn Iterator<Item = touchstone::Result<RewardRow>> + Send>,
    early: HashMap<QuestionId, RewardRow>,
    rationales: Option<RationaleFile>,
}

/// What a method has for one question, in the order of the question's CoTs.
pub struct Found {
    /// The rewards of each CoT; none where the reward set lacks the CoT.
    pub rewards: Vec<Option<Rewards>>,
    /// The rationales of each CoT; empty where none were kept.
    pub rationales: Vec<Vec<touchstone::Rationale>>,
}

impl<'a> RewardRows<'a> {
    /// Opens what `method` of this view has for `category`, which may be nothing.
    pub fn open(view: &View, method: &'a ViewedMethod, category: &'a Category) -> Result<Self> {
        let files = method.rewards.files().iter().find(|files| files.category == *category);
        let rows = match files {
            Some(_) => method.rewards.rows(category)?,
            None => Box::new(std::iter::empty()),
        };
        let folder = files.and_then(|files| files.paths.first()?.parent());
        let rationales = folder.map(|folder| RationaleFile::open(folder, category)).transpose()?.flatten();
        Ok(Self { method, category, foreign: view.foreign, rows, early: HashMap::new(), rationales })
    }

    /// What there is for this question; none where the reward set lacks it.
    pub fn find(&mut self, question: &TestRow) -> Result<Option<Found>> {
        let Some(row) = self.row(&question.question.id)? else { return Ok(None) };
        let mut known: HashMap<_, _> = row.cot_ids.into_iter().zip(row.rewards).collect();
        let rewards = question.cots.iter().map(|cot| known.remove(&cot.id)).collect();
        if let Some(cot) = known.keys().min().filter(|_| self.foreign == Foreign::Refused) {
            return Err(Error::ForeignCot {
                method: self.method.name.clone(),
                rewards: self.method.rewards.location().to_string(),
                category: self.category.clone(),
                question: question.question.id.clone(),
                cot: *cot,
            });
        }
        let rationales = question.cots.iter().map(|cot| match &mut self.rationales {
            Some(file) => file.read(&question.question.id, cot.id),
            None => Ok(Vec::new()),
        });
        Ok(Some(Found { rewards, rationales: rationales.collect::<Result<_>>()? }))
    }

    fn row(&mut self, id: &QuestionId) -> Result<Option<RewardRow>> {
        if let Some(row) = self.early.remove(id) {
            return Ok(Some(row));
        }
        for row in self.rows.by_ref() {
            let row = row?;
            if row.id == *id {
                return Ok(Some(row));
            }
            self.early.insert(row.id.clone(), row);
        }
        Ok(None)
    }
}
