//! The bytes of a file of weights, mapped into memory so that only what is read is loaded.

use std::fmt;
use std::fs::File;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

use crate::{Error, Result};

/// Bytes of weights: a mapped file's, or the program's own.
pub enum Bytes {
    /// A file's.
    Mapped(Mmap),
    /// The program's.
    Static(&'static [u8]),
}

impl Bytes {
    /// Maps a file.
    ///
    /// # Errors
    /// Where the file cannot be opened or mapped.
    #[allow(unsafe_code)]
    pub fn map(path: &Path) -> Result<Self> {
        let failed = |source| Error::Io { action: "read the weights", path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        // SAFETY: the map is private and read-only, and nothing in this program writes to weights that it has open. The
        // contract that is left to the user: another program must not change or shorten the file while the model is
        // being loaded, as for every program that maps its weights. All numbers are copied out at load, and no value read
        // from the bytes is trusted: ranges are checked against the length.
        let map = unsafe { Mmap::map(&file) }.map_err(failed)?;
        Ok(Self::Mapped(map))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Static(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes of weights", self.len())
    }
}
