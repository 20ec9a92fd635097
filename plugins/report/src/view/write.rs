//! From sets to the page's files.

use std::path::{Path, PathBuf};

use serde::Serialize;
use touchstone::{Templates, write_atomically};

use super::chunk::Chunker;
use super::index::{self, Index};
use super::join::RewardRows;
use super::question::Question;
use super::section::Section;
use super::store::{self, Store, Stored};
use super::{View, ViewedMethod};
use crate::error::{Error, Result};

/// The template of the page.
pub const TEMPLATE: &str = "view.html";

/// The template's variables.
#[derive(Serialize)]
struct Page<'a> {
    title: &'a str,
    version: &'static str,
    view: &'a Section,
}

/// What is shown, gathered from the sets.
pub(crate) struct Gathered {
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

/// Writes the page into `folder`: `index.html`, which holds everything where that is small, and else the folder `data`
/// beside it with the questions in chunks. Returns the files. Chunks of an earlier page are removed.
///
/// `templates` must hold what [`add_template`](crate::page::add_template) adds.
///
/// # Errors
/// Whatever is wrong with a set, with its place; rewards that are another test set's; a file that cannot be written; a
/// template that is wrong.
pub fn write(view: &View, templates: &Templates, folder: &Path) -> Result<Vec<PathBuf>> {
    write_gathered(gather(view, folder)?, &view.title, templates, folder)
}

/// Reads the sets; `folder` is where the page will be.
pub(crate) fn gather(view: &View, folder: &Path) -> Result<Gathered> {
    if !(view.drop > 0.0 && view.drop <= 1.0) {
        return Err(Error::Drop { drop: view.drop });
    }
    let mut index = Index::new(&view.methods, view.drop);
    let mut store = Store::new(folder, view.most_inside);
    let mut questions = Chunker::new("questions");
    let mut texts = Chunker::new("texts");
    let mut matched = vec![false; view.methods.len()];
    for category in view.test_set.categories() {
        let progress = view.context.start(&format!("reading {category}"), None);
        index.begin(category);
        let mut rewards =
            view.methods.iter().map(|method| RewardRows::open(view, method, category)).collect::<Result<Vec<_>>>()?;
        for row in view.test_set.rows(category)? {
            view.context.check_cancelled()?;
            let row = row?;
            let found = rewards.iter_mut().map(|rows| rows.find(&row)).collect::<Result<Vec<_>>>()?;
            matched.iter_mut().zip(&found).for_each(|(matched, found)| *matched |= found.is_some());
            let id = index::id(&row);
            let question = Question::new(row, found, &view.methods, &*view.answers)?;
            index.push(id, &question);
            if let Some(chunk) = texts.push(&question.text)? {
                index.note_texts(&chunk);
                store.take(chunk)?;
            }
            if let Some(chunk) = questions.push(&question)? {
                index.note_questions(&chunk);
                store.take(chunk)?;
            }
            progress.advance(1);
        }
    }
    if let Some(chunk) = texts.close()? {
        index.note_texts(&chunk);
        store.take(chunk)?;
    }
    if let Some(chunk) = questions.close()? {
        index.note_questions(&chunk);
        store.take(chunk)?;
    }
    check_matched(&view.methods, &matched, &index)?;
    let stored = store.finish();
    if matches!(stored, Stored::Beside(_)) {
        index.place_beside(store::FOLDER);
    }
    Ok(Gathered { index, stored })
}

/// Writes the page of what was gathered for this folder.
pub(crate) fn write_gathered(
    gathered: Gathered,
    title: &str,
    templates: &Templates,
    folder: &Path,
) -> Result<Vec<PathBuf>> {
    let mut written = match &gathered.stored {
        Stored::Inside(_) => Vec::new(),
        Stored::Beside(files) => files.clone(),
    };
    let section = Section::new(gathered)?;
    let text = templates.render(TEMPLATE, Page { title, version: env!("CARGO_PKG_VERSION"), view: &section })?;
    std::fs::create_dir_all(folder).map_err(|error| Error::io("make the folder", folder, error))?;
    let path = folder.join("index.html");
    write_atomically(&path, |writer| Ok(writer.write_all(text.as_bytes())?))?;
    // Only now: until it was replaced, an earlier page needed its chunks.
    store::remove_others(folder, &written)?;
    written.insert(0, path);
    Ok(written)
}

/// Rewards that have no question in common with the test set are another set's.
fn check_matched(methods: &[ViewedMethod], matched: &[bool], index: &Index) -> Result<()> {
    let unmatched = methods.iter().zip(matched).find(|(_, matched)| !**matched);
    match unmatched {
        Some((method, _)) if index.questions() > 0 => {
            Err(Error::ForeignRewards { method: method.name.clone(), rewards: method.rewards.location().to_string() })
        }
        _ => Ok(()),
    }
}
