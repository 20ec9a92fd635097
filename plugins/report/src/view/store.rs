//! Where chunks are: in the page while they are small together, else in files beside it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use touchstone::write_atomically;

use super::chunk::Chunk;
use crate::error::{Error, Result};

/// The name of the folder of chunks, beside the page.
pub const FOLDER: &str = "data";

/// Takes chunks one after the other. Memory holds no more of them than a page may.
pub struct Store {
    folder: PathBuf,
    most: usize,
    held: Vec<Chunk>,
    bytes: usize,
    written: Vec<PathBuf>,
}

/// Where all chunks are.
pub enum Stored {
    /// In the page.
    Inside(Vec<Chunk>),
    /// In these files.
    Beside(Vec<PathBuf>),
}

impl Store {
    /// Keeps chunks for the page while they have no more than `most` bytes together; from then on writes all of them
    /// into files below `page_folder`.
    pub fn new(page_folder: &Path, most: usize) -> Self {
        Self { folder: page_folder.join(FOLDER), most, held: Vec::new(), bytes: 0, written: Vec::new() }
    }

    /// Takes a chunk.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn take(&mut self, chunk: Chunk) -> Result<()> {
        self.bytes += chunk.text.len();
        self.held.push(chunk);
        if self.bytes > self.most { self.write_held() } else { Ok(()) }
    }

    /// Where they are, now that there are no more.
    pub fn finish(self) -> Stored {
        if self.bytes > self.most { Stored::Beside(self.written) } else { Stored::Inside(self.held) }
    }

    fn write_held(&mut self) -> Result<()> {
        let folder = &self.folder;
        std::fs::create_dir_all(folder).map_err(|error| Error::io("make the folder", folder, error))?;
        for chunk in self.held.drain(..) {
            let path = folder.join(format!("{}.js", chunk.name));
            write_atomically(&path, |writer| {
                Ok(writeln!(writer, "touchstoneChunk(\"{}\",\"{}\");", chunk.name, chunk.text)?)
            })?;
            self.written.push(path);
        }
        Ok(())
    }
}

/// Removes the chunks that an earlier page had below `page_folder`, and that are none of `kept`.
///
/// # Errors
/// A folder that cannot be listed, or a file that cannot be removed.
pub fn remove_others(page_folder: &Path, kept: &[PathBuf]) -> Result<()> {
    let folder = page_folder.join(FOLDER);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("list the folder", &folder, error)),
    };
    let kept: HashSet<&PathBuf> = kept.iter().collect();
    for entry in entries {
        let path = entry.map_err(|error| Error::io("list the folder", &folder, error))?.path();
        let is_chunk = path.file_name().and_then(|name| name.to_str()).is_some_and(is_name);
        if is_chunk && !kept.contains(&path) {
            std::fs::remove_file(&path).map_err(|error| Error::io("remove the old chunk", &path, error))?;
        }
    }
    Ok(())
}

/// Whether this is what a chunk's file is called: a kind, a number, a digest.
fn is_name(name: &str) -> bool {
    let parts: Vec<&str> = name.strip_suffix(".js").unwrap_or_default().split('-').collect();
    let is_digest = |text: &str| text.len() == 8 && text.chars().all(|c| c.is_ascii_hexdigit());
    matches!(parts[..], ["questions" | "texts", number, digest]
        if number.len() >= 4 && number.chars().all(|c| c.is_ascii_digit()) && is_digest(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(number: usize) -> Chunk {
        Chunk { name: format!("texts-{number:04}-0123abcd"), first: number, text: "eJyL".to_owned() }
    }

    #[test]
    fn chunks_go_into_files_once_they_are_too_much_for_the_page() {
        let folder = tempfile::tempdir().unwrap();
        let stored = |most| {
            let mut store = Store::new(folder.path(), most);
            (1..=3).for_each(|number| store.take(chunk(number)).unwrap());
            store.finish()
        };
        assert!(matches!(stored(12), Stored::Inside(chunks) if chunks.len() == 3));
        assert!(!folder.path().join(FOLDER).exists());
        let Stored::Beside(files) = stored(8) else { panic!("they are in the page") };
        assert_eq!(files.len(), 3);
        let text = std::fs::read_to_string(&files[1]).unwrap();
        assert_eq!(text, "touchstoneChunk(\"texts-0002-0123abcd\",\"eJyL\");\n");
    }

    #[test]
    fn chunks_of_an_earlier_page_are_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join(FOLDER);
        remove_others(folder.path(), &[]).unwrap();
        std::fs::create_dir(&data).unwrap();
        for name in ["texts-0001-0123abcd.js", "questions-0001-0123abcd.js", "notes-0001-0123abcd.js", "texts-1.js"] {
            std::fs::write(data.join(name), "").unwrap();
        }
        remove_others(folder.path(), &[data.join("texts-0001-0123abcd.js")]).unwrap();
        let mut left: Vec<_> = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["notes-0001-0123abcd.js", "texts-0001-0123abcd.js", "texts-1.js"]);
    }
}
