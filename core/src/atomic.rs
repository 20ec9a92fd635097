//! Files that are whole or not there at all.
//!
//! Everything that Touchstone writes goes through [`write_atomically`]: a job that is killed, a full disk or an error in
//! the middle leaves the old file, or none, and never half of a new one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Error, Result};

/// Why the body of [`write_atomically`] gave up. Made by `?` from an [`io::Error`] of the writer or from an [`Error`] of
/// whatever the content is made of.
#[derive(Debug)]
pub enum WriteError {
    /// Writing failed.
    Io(io::Error),
    /// The content could not be made.
    Content(Error),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<E: Into<Error>> From<E> for WriteError {
    fn from(error: E) -> Self {
        Self::Content(error.into())
    }
}

/// Writes the file `path` in one piece: `write` fills a temporary file in the same folder, which is then synchronised to
/// the disk and renamed to `path`. If anything fails, an old file at `path` is untouched and nothing is left behind.
///
/// # Errors
/// [`Error::Io`] names `path` and what the system said; an error of the content is passed on as it is.
///
/// ```
/// # use std::io::Write;
/// # fn main() -> touchstone::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("answer.txt");
/// touchstone::write_atomically(&path, |writer| Ok(writeln!(writer, "42")?))?;
/// assert_eq!(std::fs::read_to_string(&path).unwrap(), "42\n");
/// # Ok(())
/// # }
/// ```
pub fn write_atomically(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), WriteError>,
) -> Result<()> {
    let path = path.as_ref();
    let failed = |source| Error::io("write", path, source);
    let (temporary, file) = Temporary::create(path).map_err(failed)?;
    let mut writer = BufWriter::new(file);
    match write(&mut writer) {
        Ok(()) => {}
        Err(WriteError::Io(source)) => return Err(failed(source)),
        Err(WriteError::Content(error)) => return Err(error),
    }
    let file = writer.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    drop(file);
    temporary.rename(path).map_err(failed)
}

/// A temporary file that is removed unless it is renamed, also when the thread panics.
struct Temporary {
    path: PathBuf,
    folder: PathBuf,
}

impl Temporary {
    fn create(target: &Path) -> io::Result<(Self, File)> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = target.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?;
        let folder = folder_of(target);
        let stem = stem(&name.to_string_lossy());
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{stem}{}-{count}{PARTIAL}", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((Self { path, folder }, file)),
                // Left by a killed process that had the same number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn rename(self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        // The rename itself must survive a power cut. Not every file system can synchronise a folder; the file is in
        // place either way.
        if let Ok(folder) = File::open(&self.folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After the rename there is nothing to remove, and nobody to tell of a failure.
        let _ = fs::remove_file(&self.path);
    }
}

/// How the names of temporary files end.
const PARTIAL: &str = ".partial";

/// Bytes of a target's name in that of its temporary file, which must not become too long for the file system.
const LONGEST_STEM: usize = 200;

/// How the names of a target's temporary files begin.
fn stem(name: &str) -> String {
    let mut stem = String::from(".");
    stem.extend(name.char_indices().take_while(|(at, c)| at + c.len_utf8() <= LONGEST_STEM).map(|(_, c)| c));
    stem + "."
}

fn folder_of(target: &Path) -> PathBuf {
    match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Removes what killed processes left of the file `target`. Only for who knows that nobody is writing it.
#[cfg(feature = "data")]
pub(crate) fn remove_leftovers(target: &Path) -> Result<()> {
    let Some(name) = target.file_name().and_then(|name| name.to_str()) else { return Ok(()) };
    // A name that was cut may be another file's, too.
    if name.len() > LONGEST_STEM {
        return Ok(());
    }
    let (folder, stem) = (folder_of(target), stem(name));
    let failed = |error| Error::io("list the folder", &folder, error);
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let of_target = |name: &str| name.starts_with(&stem) && name.ends_with(PARTIAL);
        if entry.file_name().to_str().is_some_and(of_target) {
            fs::remove_file(entry.path()).map_err(|error| Error::io("remove", entry.path(), error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_whole_file_replaces_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        for text in ["old", "new"] {
            write_atomically(&path, |writer| Ok(writer.write_all(text.as_bytes())?)).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[cfg(feature = "data")]
    #[test]
    fn what_killed_processes_left_of_a_file_can_be_removed_and_that_of_others_stays() {
        let folder = tempfile::tempdir().unwrap();
        let of_others = [".b.txt.7-0.partial", ".a.txt.7-0", "a.txt.7-0.partial", "a.txt"];
        for name in [".a.txt.7-0.partial", ".a.txt.12-3.partial"].iter().chain(&of_others) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        remove_leftovers(&folder.path().join("a.txt")).unwrap();
        let mut left = of_others.map(str::to_owned);
        left.sort();
        assert_eq!(names(folder.path()), left);
    }

    #[test]
    fn a_name_of_any_length_that_the_file_system_takes_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a".repeat(255), "é".repeat(127)] {
            let path = folder.path().join(&name);
            write_atomically(&path, |writer| Ok(writer.write_all(b"a")?)).unwrap();
            assert!(path.exists());
        }
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "old").unwrap();
        let failed = write_atomically(&path, |writer| {
            writer.write_all(b"half of the new")?;
            Err(Error::Cancelled.into())
        });
        assert!(matches!(failed, Err(Error::Cancelled)));
        let failed = write_atomically(&path, |_| Err(io::Error::other("the disk is full").into()));
        let message = failed.unwrap_err().to_string();
        assert!(message.contains("could not write") && message.contains("a.txt: the disk is full"), "{message}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn a_panic_in_the_middle_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let result = std::panic::catch_unwind(|| write_atomically(&path, |_| panic!("a bug of the caller")));
        assert!(result.is_err());
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let message = write_atomically(folder.path().join("no/a.txt"), |_| Ok(())).unwrap_err().to_string();
        assert!(message.contains("could not write") && message.contains("no/a.txt"), "{message}");
    }
}
