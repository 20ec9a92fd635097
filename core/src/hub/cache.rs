//! The cache on disk, in the layout of the Python client, so that each finds what the other has loaded:
//!
//! ```text
//! datasets--namespace--name/     or models--namespace--name/
//!   blobs/ETAG                  the contents
//!   snapshots/COMMIT/law.json   links to them, as the repository has them
//!   refs/main                   the commit that a branch or tag stood for when it was last looked up
//!   .touchstone/COMMIT.json     which files the commit has: ours, for loading without the network
//! ```
//!
//! Everything is written under a name of its own and renamed when it is whole, so that no reader, and no run that was
//! cut off, ever sees a part; two processes that load the same file both succeed. hf-hub knows the folders' names.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use hf_hub::{Cache, CacheRepo, Repo};

use super::HubError;
use super::kind::RepositoryKind;

/// The part of the cache that belongs to one repository.
pub(super) struct CachedRepository {
    folder: PathBuf,
    layout: CacheRepo,
}

/// A file that is being written, gone again unless it is kept.
pub(super) struct Unfinished {
    path: PathBuf,
    file: fs::File,
}

impl CachedRepository {
    pub fn new(cache: &Path, kind: RepositoryKind, repository: &str) -> Self {
        let repo = Repo::new(repository.to_owned(), kind.repo_type());
        Self { folder: cache.join(repo.folder_name()), layout: Cache::new(cache.to_owned()).repo(repo) }
    }

    /// The commit that a branch or tag last stood for.
    pub fn commit_of(&self, revision: &str) -> Option<String> {
        let text = fs::read_to_string(self.folder.join("refs").join(revision)).ok()?;
        Some(text.trim().to_owned()).filter(|commit| is_commit(commit))
    }

    /// Remembers which commit a branch or tag stands for.
    pub fn remember_commit(&self, revision: &str, commit: &str) -> Result<(), HubError> {
        write_whole(&self.folder.join("refs").join(revision), commit.as_bytes())
    }

    /// The commit's files: as the hub once listed them, else those that lie in its snapshot, which may be only some.
    pub fn listing(&self, commit: &str) -> Option<Listing> {
        let remembered = fs::read(self.listing_path(commit)).ok();
        if let Some(files) = remembered.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            return Some(Listing::Whole(files));
        }
        let mut files = Vec::new();
        walk(&self.layout.pointer_path(commit), "", &mut files);
        files.sort();
        (!files.is_empty()).then_some(Listing::Derived(files))
    }

    /// Remembers which files a commit has.
    pub fn remember_listing(&self, commit: &str, files: &[String]) -> Result<(), HubError> {
        write_whole(&self.listing_path(commit), &serde_json::json!(files).to_string().into_bytes())
    }

    fn listing_path(&self, commit: &str) -> PathBuf {
        self.folder.join(".touchstone").join(format!("{commit}.json"))
    }

    /// Where the file of a commit is, if it is there.
    pub fn file(&self, commit: &str, file: &str) -> Option<PathBuf> {
        Some(self.layout.pointer_path(commit).join(file)).filter(|path| path.is_file())
    }

    /// Where contents of this ETag are, if they are there.
    pub fn blob(&self, etag: &str) -> Option<PathBuf> {
        Some(self.layout.blob_path(etag)).filter(|path| path.is_file())
    }

    /// Begins to write contents.
    pub fn begin(&self, etag: &str) -> Result<Unfinished, HubError> {
        Unfinished::beside(&self.layout.blob_path(etag))
    }

    /// Takes what was written as the contents of this ETag.
    pub fn keep(&self, unfinished: Unfinished, etag: &str) -> Result<(), HubError> {
        unfinished.keep(&self.layout.blob_path(etag))
    }

    /// Makes contents that are there appear as a file of a commit.
    pub fn link(&self, commit: &str, file: &str, etag: &str) -> Result<PathBuf, HubError> {
        let path = self.layout.pointer_path(commit).join(file);
        let folder = path.parent().unwrap_or(&path);
        fs::create_dir_all(folder).map_err(|source| failed("create the folder", folder, source))?;
        // Up from the file's folder, then from the commit's and from `snapshots`.
        let up = "../".repeat(file.split('/').count() + 1);
        let target = PathBuf::from(format!("{up}blobs/{etag}"));
        let unfinished = beside(&path);
        if symlink(&target, &unfinished).is_err() {
            // File systems without links get a copy, as the Python client does it.
            let blob = self.layout.blob_path(etag);
            fs::copy(&blob, &unfinished).map_err(|source| failed("copy", &blob, source))?;
        }
        fs::rename(&unfinished, &path).map_err(|source| {
            let _ = fs::remove_file(&unfinished);
            failed("write", &path, source)
        })?;
        Ok(path)
    }
}

/// What is known of a commit's files.
pub(super) enum Listing {
    /// As the hub listed them.
    Whole(Vec<String>),
    /// Those that another program has loaded.
    Derived(Vec<String>),
}

impl Unfinished {
    fn beside(path: &Path) -> Result<Self, HubError> {
        let folder = path.parent().unwrap_or(path);
        fs::create_dir_all(folder).map_err(|source| failed("create the folder", folder, source))?;
        let path = beside(path);
        let file = fs::File::create(&path).map_err(|source| failed("create", &path, source))?;
        Ok(Self { path, file })
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), HubError> {
        self.file.write_all(bytes).map_err(|source| failed("write", &self.path, source))
    }

    fn keep(self, path: &Path) -> Result<(), HubError> {
        // Without it a power failure could leave the final name with nothing behind it.
        self.file.sync_all().map_err(|source| failed("write", &self.path, source))?;
        fs::rename(&self.path, path).map_err(|source| failed("write", path, source))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After `keep` nothing has this name any more.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether a text is a full commit hash, which names its content for good.
pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), HubError> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let mut unfinished = Unfinished::beside(path)?;
    unfinished.write(bytes)?;
    unfinished.keep(path)
}

/// A name beside `path` that no other thread or process uses; the Python client knows the ending as that of a part.
fn beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{}.incomplete", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    path.with_file_name(name)
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = entry.path();
        // `is_file` follows links; folders that are links are none of the cache's making.
        if path.is_file() {
            files.push(format!("{prefix}{name}"));
        } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&path, &format!("{prefix}{name}/"), files);
        }
    }
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, link)
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> HubError {
    HubError::Cache { action, path: path.to_owned(), source }
}
