//! One category that is under way: what it is to hold, what it holds, its journal.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::rationales::{KeptRationales, Shelf, rationale_file};
use super::{Identity, Journal, ScoredCategory, Scoring, journal_of, reward_file};
use crate::atomic::{remove_leftovers, write_atomically};
use crate::data::{OutlineRow, RewardRow, TestRow, write_rewards};
use crate::verifier::{Scope, ScoredCot};
use crate::{Category, CotId, Error, QuestionCots, QuestionId, Rationale, Result, Rewards};

/// A category whose file is not there yet. Its journal is locked for as long as this lives.
pub struct OpenCategory {
    pub category: Category,
    journal: Journal,
    file: PathBuf,
    /// What is there, by question and CoT.
    scored: Mutex<HashMap<QuestionId, HashMap<CotId, Scored>>>,
    /// How many CoTs the journal held.
    resumed: usize,
    /// The file for rationales, where they are kept, and where they are until the rewards come.
    rationales: Option<(PathBuf, Shelf)>,
}

/// A CoT's rewards, and the place of its record in the journal.
struct Scored {
    rewards: Rewards,
    place: u64,
    /// Whether the record holds rationales.
    explained: bool,
}

/// The rewards of one CoT, as journals have it.
#[derive(Serialize, Deserialize)]
struct Record<'a> {
    q_id: Cow<'a, QuestionId>,
    cot_id: CotId,
    rewards: Rewards,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rationales: Vec<Rationale>,
}

impl OpenCategory {
    /// Opens the category's journal, or begins it. `None` if the category was finished meanwhile.
    pub fn open(scoring: &Scoring<'_>, category: &Category, identity: &Identity) -> Result<Option<Self>> {
        let file = reward_file(scoring.folder, category, scoring.shard);
        let mut scored: HashMap<QuestionId, HashMap<CotId, Scored>> = HashMap::new();
        let journal = Journal::open_with_places(&journal_of(&file), identity, |place, record: Record<'static>| {
            let explained = !record.rationales.is_empty();
            let kept = Scored { rewards: record.rewards, place, explained };
            scored.entry(record.q_id.into_owned()).or_default().insert(record.cot_id, kept);
        })?;
        if file.exists() {
            return Ok(None);
        }
        // Who holds the journal is the only one to write the file.
        remove_leftovers(&file)?;
        let resumed = scored.values().map(HashMap::len).sum();
        let rationales = scoring.keep_rationales.then(|| {
            let file = rationale_file(scoring.folder, category, scoring.shard);
            remove_leftovers(&file).map(|()| (file, Shelf::default()))
        });
        let rationales = rationales.transpose()?;
        let scored = Mutex::new(scored);
        Ok(Some(Self { category: category.clone(), journal, file, scored, resumed, rationales }))
    }

    /// How many CoTs have rewards.
    pub fn scored(&self) -> usize {
        self.kept().values().map(HashMap::len).sum()
    }

    /// How many of these questions' CoTs are to be scored by a verifier of this scope.
    pub fn remaining(&self, outline: &[OutlineRow], scope: Scope) -> usize {
        let scored = self.kept();
        let lacking = |row: &OutlineRow| {
            let known = scored.get(&row.id);
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
        let scored = self.kept();
        let known = scored.get(&row.question.id);
        if !row.cots.iter().any(|cot| lacks(known, &cot.id)) {
            return None;
        }
        let cots = match scope {
            Scope::Cot => row.cots.into_iter().filter(|cot| lacks(known, &cot.id)).collect(),
            Scope::Question => row.cots,
        };
        Some(QuestionCots { question: row.question, cots })
    }

    /// Where the verifier puts rationales, if they are kept.
    pub fn shelf(&self) -> Option<&Shelf> {
        self.rationales.as_ref().map(|(_, shelf)| shelf)
    }

    /// Keeps the rewards of a CoT, with the rationales that came before them.
    pub fn keep(&self, cot: ScoredCot<'_>, rewards: Rewards) -> Result<()> {
        let rationales = self.shelf().map(|shelf| shelf.take(cot)).unwrap_or_default();
        let record = Record { q_id: Cow::Borrowed(cot.question), cot_id: cot.cot, rewards, rationales };
        let place = self.journal.append_with_place(&record)?;
        let kept = Scored { rewards: record.rewards, place, explained: !record.rationales.is_empty() };
        self.kept().entry(cot.question.clone()).or_default().insert(cot.cot, kept);
        Ok(())
    }

    /// Whether every CoT of these units has its rewards.
    pub fn check_scored(&self, units: &[QuestionCots]) -> Result<()> {
        let scored = self.kept();
        for unit in units {
            let known = scored.get(&unit.question.id);
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
        let rationales = self.write_rationales(outline)?;
        let mut scored = self.scored.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (mut cots, mut missing) = (0, 0);
        let rows = outline.iter().map(|row| {
            let mut known = scored.remove(&row.id).unwrap_or_default();
            let take = |id: &CotId| {
                let kept = known.remove(id).map(|kept| kept.rewards);
                kept.ok_or_else(|| Error::Unscored { question: row.id.clone(), cot: *id })
            };
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
            rationales,
            questions: outline.len(),
            cots,
            resumed: self.resumed,
            missing,
        })
    }

    /// Writes the rationales, in the order of the data, one CoT at a time. Gives the file, if there are any.
    fn write_rationales(&self, outline: &[OutlineRow]) -> Result<Option<PathBuf>> {
        let Some((file, _)) = &self.rationales else { return Ok(None) };
        let scored = self.kept();
        let mut known = outline.iter().flat_map(|row| {
            let known = scored.get(&row.id);
            row.cot_ids.iter().filter_map(move |cot| known?.get(cot))
        });
        if !known.clone().any(|kept| kept.explained) {
            return Ok(None);
        }
        write_atomically(file, |writer| {
            known.try_for_each(|kept| {
                let Record { q_id, cot_id, rationales, .. } = self.journal.record(kept.place)?;
                KeptRationales { q_id: &q_id, cot_id, rationales }.write(writer)
            })
        })?;
        Ok(Some(file.clone()))
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<QuestionId, HashMap<CotId, Scored>>> {
        self.scored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a CoT is to be scored yet, by what is known of its question.
fn lacks(known: Option<&HashMap<CotId, Scored>>, cot: &CotId) -> bool {
    !known.is_some_and(|known| known.contains_key(cot))
}
