//! One file of a model.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use super::SourceError;

/// One file of a model: on disk, or part of this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelFile {
    /// A file on disk.
    OnDisk(PathBuf),
    /// Bytes in this program.
    Embedded {
        /// How to call it in messages, as in `embedded:tiny/config.json`.
        name: String,
        /// The bytes.
        bytes: &'static [u8],
    },
}

impl ModelFile {
    /// All its bytes. For small files: weights are mapped into memory instead.
    ///
    /// # Errors
    /// [`SourceError::Io`].
    pub fn read(&self) -> Result<Cow<'static, [u8]>, SourceError> {
        match self {
            Self::OnDisk(path) => {
                std::fs::read(path).map(Cow::Owned).map_err(|source| SourceError::Io { path: path.clone(), source })
            }
            Self::Embedded { bytes, .. } => Ok(Cow::Borrowed(bytes)),
        }
    }

    /// The file on disk, unless it is a placeholder that Git LFS left in its place.
    pub(super) fn on_disk(path: PathBuf) -> Result<Self, SourceError> {
        if is_placeholder(&path) { Err(SourceError::Placeholder { path }) } else { Ok(Self::OnDisk(path)) }
    }
}

impl fmt::Display for ModelFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnDisk(path) => path.display().fmt(formatter),
            Self::Embedded { name, .. } => formatter.write_str(name),
        }
    }
}

fn is_placeholder(path: &Path) -> bool {
    const LONGEST: u64 = 1024;
    const BEGINNING: &[u8] = b"version https://git-lfs.github.com/spec/";
    path.metadata().is_ok_and(|metadata| metadata.len() <= LONGEST)
        && std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(BEGINNING))
}
