//! An append-only file of records, each with a checksum.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Identity, JobError, line};
use crate::{Error, Result};

/// The version of the format.
const VERSION: u32 = 1;

/// The longest time for which a record is in the system's memory only while others come in.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// A journal that is open for more records, and locked against other processes until it is dropped.
///
/// One that holds no record by then is removed: it says nothing that the next job needs.
///
/// ```
/// use touchstone::jobs::{Identity, Journal};
///
/// # fn main() -> touchstone::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("squares.journal");
/// let identity = Identity::new(serde_json::json!({ "power": 2 }));
/// let journal = Journal::open::<(u32, u32)>(&path, &identity, drop)?;
/// journal.append(&(3, 9))?;
/// drop(journal); // or the process is killed
///
/// let mut kept = Vec::new();
/// Journal::open(&path, &identity, |record: (u32, u32)| kept.push(record))?;
/// assert_eq!(kept, [(3, 9)]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    /// Where the last whole record ends.
    end: u64,
    records: u64,
    synced: Instant,
    /// A write failed, so that what comes after it would stand behind torn bytes.
    failed: bool,
}

/// The first record.
#[derive(Serialize, Deserialize)]
struct Header {
    journal: u32,
    identity: Identity,
}

/// What a journal holds.
struct Content {
    end: u64,
    records: u64,
}

impl Journal {
    /// Opens the journal at `path`, or begins it. Each record that is there goes to `kept`, in the order in which they came.
    /// Torn bytes at the end are cut off.
    ///
    /// # Errors
    /// [`JobError::OtherJob`] if it was begun under another identity, [`JobError::Busy`] if another process has it open,
    /// [`JobError::Damaged`] and [`JobError::Unreadable`] with the offset, or [`Error::Io`].
    pub fn open<T: DeserializeOwned>(path: &Path, identity: &Identity, mut kept: impl FnMut(T)) -> Result<Self> {
        Self::open_with_places(path, identity, |_, record| kept(record))
    }

    /// As [`open`](Self::open), and tells with each record its place, by which [`record`](Self::record) reads it again.
    pub(super) fn open_with_places<T: DeserializeOwned>(
        path: &Path,
        identity: &Identity,
        kept: impl FnMut(u64, T),
    ) -> Result<Self> {
        let failed = |source| Error::io("open the journal", path, source);
        let file = locked(path)?;
        let content = read(&file, path, identity, kept)?;
        file.set_len(content.end).map_err(failed)?;
        (&file).seek(SeekFrom::Start(content.end)).map_err(failed)?;
        let state = State { file, end: content.end, records: content.records, synced: Instant::now(), failed: false };
        let journal = Self { path: path.to_owned(), state: Mutex::new(state) };
        if content.end == 0 {
            let header = journal.line(&Header { journal: VERSION, identity: identity.clone() })?;
            journal.state().write(&header).map_err(|source| journal.unwritten(source))?;
        }
        Ok(journal)
    }

    /// Adds a record. When this returns, the record outlives the process; a second later, or when
    /// [`sync`](Self::sync) returns, the machine.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written. Every later call fails, too, and what was there before stays whole.
    pub fn append(&self, record: &impl Serialize) -> Result<()> {
        self.append_with_place(record).map(drop)
    }

    /// As [`append`](Self::append), and gives the record's place.
    pub(super) fn append_with_place(&self, record: &impl Serialize) -> Result<u64> {
        let line = self.line(record)?;
        let mut state = self.state();
        let place = state.end;
        let written = state.write(&line).and_then(|()| {
            state.records += 1;
            if state.synced.elapsed() >= SYNC_EVERY { state.sync() } else { Ok(()) }
        });
        written.map_err(|source| self.unwritten(source))?;
        Ok(place)
    }

    /// The record at a place that this journal gave.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`JobError::Damaged`] if it is not what was written.
    pub(super) fn record<T: DeserializeOwned>(&self, place: u64) -> Result<T> {
        let failed = |source| Error::io("read the journal", &self.path, source);
        let mut state = self.state();
        let mut line = Vec::new();
        let read = state.file.seek(SeekFrom::Start(place)).and_then(|_| {
            let read = BufReader::new(&state.file).read_until(b'\n', &mut line);
            // Where the next record goes, whatever came of this.
            let end = state.end;
            state.file.seek(SeekFrom::Start(end)).and(read)
        });
        read.map_err(failed)?;
        let damaged = || JobError::Damaged { path: self.path.clone(), offset: place };
        let json = line::decode(&line).ok_or_else(damaged)?;
        serde_json::from_slice(json).map_err(|_| damaged().into())
    }

    /// Brings every record to the disk.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn sync(&self) -> Result<()> {
        self.state().sync().map_err(|source| self.unwritten(source))
    }

    /// Removes the journal, now that its records are kept elsewhere.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn remove(self) -> Result<()> {
        if self.state().records == 0 {
            // Dropping it does so.
            return Ok(());
        }
        remove(&self.path)
    }

    fn line(&self, record: &impl Serialize) -> Result<Vec<u8>> {
        line::encode(record).map_err(|error| self.unwritten(error.into()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unwritten(&self, source: io::Error) -> Error {
        Error::io("write the journal", &self.path, source)
    }
}

/// Removes a journal that no job needs any more, if it is there.
pub(super) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::io("remove the journal", path, source)),
        _ => Ok(()),
    }
}

impl State {
    /// Writes a line with one call, so that a kill leaves all or a part of it and nothing behind it.
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier record could not be written"));
        }
        let written = self.file.write_all(line);
        match written {
            Ok(()) => self.end += line.len() as u64,
            Err(_) => {
                self.failed = true;
                // Where even this fails, the next opening cuts the torn bytes off.
                let _ = self.file.set_len(self.end);
            }
        }
        written
    }

    fn sync(&mut self) -> io::Result<()> {
        self.synced = Instant::now();
        self.file.sync_data()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if self.state().records == 0 {
            // It is in nobody's way if it stays.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The file at `path`, locked. Where the file system knows no locks, two processes are not kept apart.
fn locked(path: &Path) -> Result<File> {
    let failed = |source| Error::io("open the journal", path, source);
    loop {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JobError::Busy { path: path.to_owned() }.into()),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(source)) => return Err(Error::io("lock the journal", path, source)),
        }
        // Its last holder may have removed it after it was opened here.
        if is_at(&file, path).map_err(failed)? {
            return Ok(file);
        }
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let opened = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (opened.dev(), opened.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> io::Result<bool> {
    fs::exists(path)
}

/// Hands every record to `kept` and finds where the last whole one ends.
fn read<T: DeserializeOwned>(
    file: &File,
    path: &Path,
    identity: &Identity,
    mut kept: impl FnMut(u64, T),
) -> Result<Content> {
    let mut input = BufReader::new(file);
    let mut bytes = Vec::new();
    let (mut offset, mut records) = (0, 0);
    let mut torn = None;
    let mut differences = Vec::new();
    loop {
        bytes.clear();
        let length =
            input.read_until(b'\n', &mut bytes).map_err(|source| Error::io("read the journal", path, source))? as u64;
        if length == 0 {
            break;
        }
        let unreadable = |message: String| Error::from(JobError::Unreadable { path: path.to_owned(), offset, message });
        match (line::decode(&bytes), torn) {
            (None, _) => torn = torn.or(Some(offset)),
            (Some(_), Some(offset)) => return Err(JobError::Damaged { path: path.to_owned(), offset }.into()),
            (Some(json), None) if offset == 0 => {
                let header: Header = serde_json::from_slice(json).map_err(|error| unreadable(error.to_string()))?;
                if header.journal != VERSION {
                    return Err(unreadable(format!("the journal's version is {}, not {VERSION}", header.journal)));
                }
                differences = header.identity.differences(identity);
            }
            (Some(json), None) => {
                if !differences.is_empty() {
                    return Err(JobError::OtherJob { path: path.to_owned(), differences }.into());
                }
                kept(offset, serde_json::from_slice(json).map_err(|error| unreadable(error.to_string()))?);
                records += 1;
            }
        }
        offset += length;
    }
    // The header of another job without any record keeps nothing.
    let end = if differences.is_empty() { torn.unwrap_or(offset) } else { 0 };
    Ok(Content { end, records })
}

#[cfg(test)]
mod tests;
