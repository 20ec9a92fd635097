//! Puts a drawing on disk.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Drawing, Picture};
use crate::error::{Error, Result};

const ACTION: &str = "write the figure";

/// Writes `PREFIX.svg`, `PREFIX.pdf`, `PREFIX.png` and the legend alone as `PREFIX_legend.{svg,pdf,png}`, and says which
/// files these are. Missing folders are made. A file is complete or absent: each is written beside its place and then
/// renamed.
///
/// # Errors
/// [`Error::Io`] with the path, or [`Error::Conversion`].
pub fn write(drawing: &Drawing, prefix: &Path) -> Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for (picture, part) in [(&drawing.figure, ""), (&drawing.legend, "_legend")] {
        written.extend(write_picture(picture, &appended(prefix, part)?)?);
    }
    Ok(written)
}

/// Writes `PREFIX.svg`, `PREFIX.pdf` and `PREFIX.png` of a single picture, as [`write()`] does.
///
/// # Errors
/// [`Error::Io`] with the path, or [`Error::Conversion`].
pub fn write_picture(picture: &Picture, prefix: &Path) -> Result<Vec<PathBuf>> {
    // Everything is made before anything is written.
    let files = [
        (appended(prefix, ".svg")?, picture.svg().into_bytes()),
        (appended(prefix, ".pdf")?, picture.pdf()?),
        (appended(prefix, ".png")?, picture.png()?),
    ];
    files.into_iter().map(|(path, bytes)| write_file(&path, &bytes).map(|()| path)).collect()
}

fn appended(prefix: &Path, end: &str) -> Result<PathBuf> {
    let mut name =
        prefix.file_name().filter(|_| !prefix.as_os_str().is_empty()).map(ToOwned::to_owned).ok_or_else(|| {
            let what = std::io::Error::new(
                std::io::ErrorKind::InvalidInput,
                "a prefix must end in a file name, as in out/figure",
            );
            Error::io(ACTION, prefix, what)
        })?;
    name.push(end);
    Ok(prefix.with_file_name(name))
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |source| Error::io(ACTION, path, source);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    Ok(touchstone::write_atomically(path, |writer| Ok(writer.write_all(bytes)?))?)
}
