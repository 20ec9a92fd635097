//! From sets to the index and the chunks of a page.

use std::path::Path;

use touchstone::Category;

use super::View;
use super::chunk::{Chunk, Chunker};
use super::index::Index;
use super::join::RewardRows;
use super::question::Question;
use super::store::{self, Store, Stored};
use crate::error::{Error, Result};

/// What is shown, gathered from the sets.
pub struct Gathered {
    /// The index.
    pub index: Index,
    /// Where the chunks are.
    pub stored: Stored,
}

impl Gathered {
    /// Whether the page holds all of it.
    pub fn is_inside(&self) -> bool {
        matches!(self.stored, Stored::Inside(_))
    }
}

/// Reads the sets; `folder` is where the page will be.
pub fn gather(view: &View, folder: &Path) -> Result<Gathered> {
    if !(0.001..=1.0).contains(&view.drop) {
        return Err(Error::Drop { drop: view.drop });
    }
    let mut packing = Packing::new(view, folder);
    let mut matched = vec![false; view.methods.len()];
    for category in view.test_set.categories() {
        packing.index.begin(category);
        read(view, category, &mut packing, &mut matched)?;
    }
    let gathered = packing.finish()?;
    // Rewards that have no question in common with the test set are another set's.
    match view.methods.iter().zip(&matched).find(|(_, matched)| !**matched) {
        Some((method, _)) if gathered.index.questions() > 0 => {
            Err(Error::ForeignRewards { method: method.name.clone(), rewards: method.rewards.location().to_string() })
        }
        _ => Ok(gathered),
    }
}

/// Packs the questions of a category, and notes of which methods there were rewards.
fn read(view: &View, category: &Category, packing: &mut Packing, matched: &mut [bool]) -> Result<()> {
    let progress = view.context.start(&format!("reading {category}"), None);
    let open = |method| RewardRows::open(view, method, category);
    let mut rewards = view.methods.iter().map(open).collect::<Result<Vec<_>>>()?;
    for row in view.test_set.rows(category)? {
        view.context.check_cancelled()?;
        let row = row?;
        let found = rewards.iter_mut().map(|rows| rows.find(&row)).collect::<Result<Vec<_>>>()?;
        matched.iter_mut().zip(&found).for_each(|(matched, found)| *matched |= found.is_some());
        let id = row.question.id.to_string();
        packing.push(id, &Question::new(row, found, &view.methods, &*view.answers)?)?;
        progress.advance(1);
    }
    Ok(())
}

/// The index and the chunks while they fill.
struct Packing {
    index: Index,
    questions: Chunker,
    texts: Chunker,
    store: Store,
}

impl Packing {
    fn new(view: &View, folder: &Path) -> Self {
        Self {
            index: Index::new(&view.methods, view.drop),
            questions: Chunker::new("questions"),
            texts: Chunker::new("texts"),
            store: Store::new(folder, view.most_inside),
        }
    }

    fn push(&mut self, id: String, question: &Question) -> Result<()> {
        self.index.push(id, question);
        let (text, question) = (self.texts.push(&question.text)?, self.questions.push(question)?);
        self.keep(text, question)
    }

    fn finish(mut self) -> Result<Gathered> {
        let (text, question) = (self.texts.close()?, self.questions.close()?);
        self.keep(text, question)?;
        let stored = self.store.finish();
        if matches!(stored, Stored::Beside(_)) {
            self.index.place_beside(store::FOLDER);
        }
        Ok(Gathered { index: self.index, stored })
    }

    /// Keeps the chunks that became full.
    fn keep(&mut self, text: Option<Chunk>, question: Option<Chunk>) -> Result<()> {
        if let Some(chunk) = text {
            self.index.note_texts(&chunk);
            self.store.take(chunk)?;
        }
        if let Some(chunk) = question {
            self.index.note_questions(&chunk);
            self.store.take(chunk)?;
        }
        Ok(())
    }
}
