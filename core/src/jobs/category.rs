//! One category that is under way: what it is to hold, what it holds, its journal.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Identity, Journal, ScoredCategory, Scoring, journal_of, reward_file};
use crate::atomic::remove_leftovers;
use crate::data::{OutlineRow, RewardRow, TestRow, write_rewards};
use crate::verifier::{Scope, ScoredCot};
use crate::{Category, CotId, Error, QuestionCots, QuestionId, Result, Rewards};

/// A category whose file is not there yet. Its journal is locked for as long as this lives.
pub struct OpenCategory {
    pub category: Category,
    journal: Journal,
    file: PathBuf,
    /// The rewards that are there, by question and CoT.
    rewards: Mutex<HashMap<QuestionId, HashMap<CotId, Rewards>>>,
    /// How many CoTs the journal held.
    resumed: usize,
}

/// The rewards of one CoT, as journals have it.
#[derive(Serialize, Deserialize)]
struct Record<'a> {
    q_id: Cow<'a, QuestionId>,
    cot_id: CotId,
    rewards: Rewards,
}

impl OpenCategory {
    /// Opens the category's journal, or begins it. `None` if the category was finished meanwhile.
    pub fn open(scoring: &Scoring<'_>, category: &Category, identity: &Identity) -> Result<Option<Self>> {
        let file = reward_file(scoring.folder, category, scoring.shard);
        let mut rewards: HashMap<QuestionId, HashMap<CotId, Rewards>> = HashMap::new();
        let journal = Journal::open(&journal_of(&file), identity, |record: Record<'static>| {
            rewards.entry(record.q_id.into_owned()).or_default().insert(record.cot_id, record.rewards);
        })?;
        if file.exists() {
            return Ok(None);
        }
        // Who holds the journal is the only one to write the file.
        remove_leftovers(&file)?;
        let resumed = rewards.values().map(HashMap::len).sum();
        Ok(Some(Self { category: category.clone(), journal, file, rewards: Mutex::new(rewards), resumed }))
    }

    /// How many CoTs have rewards.
    pub fn scored(&self) -> usize {
        self.rewards().values().map(HashMap::len).sum()
    }

    /// How many of these questions' CoTs are to be scored by a verifier of this scope.
    pub fn remaining(&self, outline: &[OutlineRow], scope: Scope) -> usize {
        let rewards = self.rewards();
        let lacking = |row: &OutlineRow| {
            let known = rewards.get(&row.id);
            match row.cot_ids.iter().filter(|id| lacks(known, id)).count() {
                0 => 0,
                lacking if scope == Scope::Cot => lacking,
                _ => row.cot_ids.len(),
            }
        };
        outline.iter().map(lacking).sum()
    }

    /// What of this row a verifier is to be handed, if anything: the CoTs that lack rewards, or, where rewards depend on all of
    /// them, all. It sees everything of them but the gold answer and labels.
    pub fn unscored(&self, row: TestRow, scope: Scope) -> Option<QuestionCots> {
        let rewards = self.rewards();
        let known = rewards.get(&row.question.id);
        if !row.cots.iter().any(|cot| lacks(known, &cot.id)) {
            return None;
        }
        let cots = match scope {
            Scope::Cot => row.cots.into_iter().filter(|cot| lacks(known, &cot.id)).collect(),
            Scope::Question => row.cots,
        };
        Some(QuestionCots { question: row.question, cots })
    }

    /// Keeps the rewards of a CoT.
    pub fn keep(&self, cot: ScoredCot<'_>, rewards: Rewards) -> Result<()> {
        let record = Record { q_id: Cow::Borrowed(cot.question), cot_id: cot.cot, rewards };
        self.journal.append(&record)?;
        self.rewards().entry(cot.question.clone()).or_default().insert(cot.cot, record.rewards);
        Ok(())
    }

    /// Whether every CoT of these units has its rewards.
    pub fn check_scored(&self, units: &[QuestionCots]) -> Result<()> {
        let rewards = self.rewards();
        for unit in units {
            let known = rewards.get(&unit.question.id);
            if let Some(cot) = unit.cots.iter().find(|cot| lacks(known, &cot.id)) {
                return Err(Error::Unscored { question: unit.question.id.clone(), cot: cot.id });
            }
        }
        Ok(())
    }

    /// Brings what is kept to the disk.
    pub fn sync(&self) -> Result<()> {
        self.journal.sync()
    }

    /// Writes the category's file and removes its journal.
    pub fn finish(self, outline: &[OutlineRow]) -> Result<ScoredCategory> {
        let mut rewards = self.rewards.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (mut cots, mut missing) = (0, 0);
        let rows = outline.iter().map(|row| {
            let mut known = rewards.remove(&row.id).unwrap_or_default();
            let take =
                |id: &CotId| known.remove(id).ok_or_else(|| Error::Unscored { question: row.id.clone(), cot: *id });
            let rewards = row.cot_ids.iter().map(take).collect::<Result<Vec<_>>>()?;
            cots += rewards.len();
            missing += rewards.iter().map(Rewards::missing).sum::<usize>();
            Ok(RewardRow { id: row.id.clone(), cot_ids: row.cot_ids.clone(), rewards })
        });
        write_rewards(&self.file, rows)?;
        self.journal.remove()?;
        Ok(ScoredCategory {
            category: self.category,
            file: self.file,
            questions: outline.len(),
            cots,
            resumed: self.resumed,
            missing,
        })
    }

    fn rewards(&self) -> MutexGuard<'_, HashMap<QuestionId, HashMap<CotId, Rewards>>> {
        self.rewards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a CoT is to be scored yet, by what is known of its question.
fn lacks(known: Option<&HashMap<CotId, Rewards>>, cot: &CotId) -> bool {
    !known.is_some_and(|known| known.contains_key(cot))
}
