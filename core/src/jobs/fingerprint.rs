//! Files by content.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use md5::{Digest, Md5};
use rayon::prelude::*;
use serde_json::{Map, Value};

use crate::data::{DataSet, Row};
use crate::hexadecimal::hexadecimal;
use crate::{Category, Error, Result};

/// Large files are read in pieces of this size, on all threads.
const PIECE: u64 = 32 << 20;

/// Folders deeper than this below a model's are not searched.
const DEEPEST: usize = 8;

/// A data set by content: a digest for each category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFingerprint(BTreeMap<Category, String>);

impl DataFingerprint {
    /// Reads every file of the set. A job that scores with several verifiers reads it once.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn of<R: Row>(set: &DataSet<R>) -> Result<Self> {
        let digest = |files: &crate::data::FilesOfCategory| {
            let mut pieces = files.paths.iter().map(|path| file(path)).collect::<Result<Vec<_>>>()?;
            pieces.extend(set.most().map(|most| format!("the first {most} rows")));
            Ok((files.category.clone(), joined(&pieces)))
        };
        set.files().iter().map(digest).collect::<Result<_>>().map(Self)
    }

    pub(super) fn digests(&self) -> &BTreeMap<Category, String> {
        &self.0
    }
}

/// The digest of a file: the MD5 of its bytes, or, where it is larger than a piece, of its pieces' digests. All of it is read,
/// on all threads, which a disk and not the hash bounds; reading a model warms the cache that loading it reads from.
pub(crate) fn file(path: &Path) -> Result<String> {
    let failed = |error| Error::io("read", path, error);
    let length = fs::metadata(path).map_err(failed)?.len();
    let pieces: Vec<u64> = (0..length.div_ceil(PIECE).max(1)).collect();
    let digests: Vec<String> = pieces
        .par_iter()
        .map(|piece| read_piece(path, piece * PIECE))
        .collect::<std::io::Result<_>>()
        .map_err(failed)?;
    match digests.as_slice() {
        [whole] => Ok(whole.clone()),
        pieces => Ok(joined(pieces)),
    }
}

fn read_piece(path: &Path, start: u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut piece = file.take(PIECE);
    let mut hash = Md5::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match piece.read(&mut buffer)? {
            0 => return Ok(hexadecimal(hash.finalize())),
            length => hash.update(&buffer[..length]),
        }
    }
}

/// The digest of a text.
#[cfg(feature = "templates")]
pub(super) fn text(text: &str) -> String {
    hexadecimal(Md5::digest(text))
}

fn joined(digests: &[String]) -> String {
    hexadecimal(digests.iter().fold(Md5::new(), |hash, digest| hash.chain_update(digest)).finalize())
}

/// What lies at `path`, by content and not by where it lies: a file's digest, or those of a folder's files by their names,
/// hidden ones left out.
pub fn location(path: &Path) -> Result<Value> {
    if fs::metadata(path).map_err(|error| Error::io("read", path, error))?.is_dir() {
        let mut files = Map::new();
        folder(path, "", DEEPEST, &mut files)?;
        files.sort_keys();
        Ok(Value::Object(files))
    } else {
        file(path).map(Value::String)
    }
}

fn folder(root: &Path, inside: &str, depth: usize, files: &mut Map<String, Value>) -> Result<()> {
    let path = root.join(inside);
    let failed = |error| Error::io("list the folder", &path, error);
    for entry in fs::read_dir(&path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let relative = if inside.is_empty() { name } else { format!("{inside}/{name}") };
        // Links to files are followed, as caches are made of them; links to folders are not, as they may form rings.
        if entry.file_type().map_err(failed)?.is_dir() {
            if depth > 0 {
                folder(root, &relative, depth - 1, files)?;
            }
        } else if fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_file()) {
            files.insert(relative, Value::String(file(&entry.path())?));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_small_file_has_its_plain_md5() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "abc").unwrap();
        // The test vector of RFC 1321.
        assert_eq!(file(&path).unwrap(), "900150983cd24fb0d6963f7d28e17f72");
        fs::write(&path, "").unwrap();
        assert_eq!(file(&path).unwrap(), "d41d8cd98f00b204e9800998ecf8427e");
    }

    #[test]
    fn one_changed_byte_anywhere_in_a_large_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let mut bytes = vec![7_u8; PIECE as usize + 10];
        fs::write(&path, &bytes).unwrap();
        let before = file(&path).unwrap();
        for place in [0, PIECE as usize - 1, PIECE as usize, bytes.len() - 1] {
            bytes[place] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert_ne!(file(&path).unwrap(), before, "byte {place}");
            bytes[place] ^= 1;
        }
        fs::write(&path, &bytes).unwrap();
        assert_eq!(file(&path).unwrap(), before);
    }

    #[test]
    fn a_folder_is_its_files_by_name_wherever_it_lies() {
        let place = tempfile::tempdir().unwrap();
        for model in ["one", "two"] {
            let model = place.path().join(model);
            fs::create_dir_all(model.join("sub")).unwrap();
            fs::create_dir_all(model.join(".cache")).unwrap();
            fs::write(model.join("weights"), "abc").unwrap();
            fs::write(model.join("sub/config"), "").unwrap();
            fs::write(model.join(".cache/x"), model.to_str().unwrap()).unwrap();
        }
        let one = location(&place.path().join("one")).unwrap();
        assert_eq!(
            one,
            json!({"sub/config": "d41d8cd98f00b204e9800998ecf8427e", "weights": "900150983cd24fb0d6963f7d28e17f72"})
        );
        assert_eq!(one, location(&place.path().join("two")).unwrap());
    }

    #[test]
    fn what_is_not_there_is_named() {
        let message = location("no/such/model".as_ref()).unwrap_err().to_string();
        assert!(message.contains("no/such/model"), "{message}");
    }
}
