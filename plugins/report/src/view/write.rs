//! The page's files.

use std::path::{Path, PathBuf};

use serde::Serialize;
use touchstone::{Templates, write_atomically};

use super::View;
use super::gather::{Gathered, gather};
use super::section::Section;
use super::store::{self, Stored};
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
