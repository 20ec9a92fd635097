//! From a location to the files of each category.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::DataError;
use super::{FilesOfCategory, HubReference, Location, format, layout};
use crate::nearest::suggestion;
use crate::{Category, Error, Result};

/// Folders deeper than this below a data set's are not searched.
const DEEPEST: usize = 8;

/// What may stand around the category in the name of a file without its extension.
#[derive(Clone, Copy)]
pub struct Affixes {
    pub prefix: &'static str,
    pub suffix: &'static str,
}

/// The files of each category at `location`; of a repository of the hub only those of `categories` are fetched, where it
/// is not empty. Where a name holds an affix, the category is the rest.
pub fn discover(location: &Location, categories: &[Category], affixes: Affixes) -> Result<Vec<FilesOfCategory>> {
    let mut found = match location {
        Location::Path(path) => local(path)?,
        Location::Hub(reference) => hub(reference, categories)?,
    };
    for files in &mut found {
        let name = files.category.as_str();
        let without_prefix = name.strip_prefix(affixes.prefix).filter(|rest| !rest.is_empty()).unwrap_or(name);
        let without = without_prefix.strip_suffix(affixes.suffix).filter(|rest| !rest.is_empty());
        files.category = Category::new(without.unwrap_or(without_prefix));
    }
    if found.is_empty() {
        return Err(DataError::NoData { location: location.to_string() }.into());
    }
    unique(&found)?;
    let mut order: Vec<Category> = found.iter().map(|files| files.category.clone()).collect();
    Category::sort(&mut order);
    found.sort_by_key(|files| order.iter().position(|category| *category == files.category));
    Ok(found)
}

fn unique(found: &[FilesOfCategory]) -> Result<(), DataError> {
    for (index, files) in found.iter().enumerate() {
        if let Some(other) = found[..index].iter().find(|other| other.category == files.category) {
            let first = |files: &FilesOfCategory| files.paths.first().cloned().unwrap_or_default();
            return Err(DataError::CategoryTwice {
                category: files.category.clone(),
                first: first(other),
                second: first(files),
            });
        }
    }
    Ok(())
}

fn local(path: &Path) -> Result<Vec<FilesOfCategory>> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => folder(path),
        Ok(_) => {
            let Some((stem, _)) = format::split(path) else {
                return Err(DataError::UnknownFormat { path: path.to_owned() }.into());
            };
            Ok(vec![FilesOfCategory { category: category(path, stem), paths: vec![path.to_owned()] }])
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(DataError::Absent { path: path.to_owned(), hint: neighbour(path) }.into())
        }
        Err(source) => Err(Error::io("open", path, source)),
    }
}

/// The category of a single file: by the rules for folders where they know one, so that `law-00000-of-00001.parquet` is
/// `law` there and here.
fn category(path: &Path, stem: &str) -> Category {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let known = layout::categories(&[name], None).ok().and_then(|found| found.into_iter().next());
    known.map_or_else(|| Category::new(stem), |found| found.category)
}

/// `; did you mean …`, if something beside `path` has nearly its name.
fn neighbour(path: &Path) -> String {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names: Vec<String> = fs::read_dir(parent)
        .map(|entries| entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
        .unwrap_or_default();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    suggestion(&name, names.iter().map(String::as_str))
}

fn folder(root: &Path) -> Result<Vec<FilesOfCategory>> {
    let mut files = Vec::new();
    walk(root, "", DEEPEST, &mut files)?;
    files.sort();
    if !files.iter().any(|file| format::split(Path::new(file)).is_some()) {
        return Ok(Vec::new());
    }
    let card = match fs::read(root.join("README.md")) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(_) => None,
    };
    let found = layout::categories(&files, card.as_deref())
        .map_err(|error| Error::from(DataError::from(error)).at(root.display().to_string()))?;
    Ok(found
        .into_iter()
        .map(|found| FilesOfCategory {
            category: found.category,
            paths: found.files.iter().map(|file| root.join(file)).collect(),
        })
        .collect())
}

/// Adds the files below `root`/`folder` to `files`, as paths relative to `root` with `/`. Hidden ones are left out: they
/// are the caches of tools and the unfinished files of killed jobs.
fn walk(root: &Path, folder: &str, depth: usize, files: &mut Vec<String>) -> Result<()> {
    let path: PathBuf = root.join(folder);
    let failed = |source| Error::io("list the folder", &path, source);
    for entry in fs::read_dir(&path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        let relative = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        // Links to files are followed, as caches are made of them; links to folders are not, as they may form rings.
        if entry.file_type().map_err(failed)?.is_dir() {
            if depth > 0 {
                walk(root, &relative, depth - 1, files)?;
            }
        } else if fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_file()) {
            files.push(relative);
        }
    }
    Ok(())
}

#[cfg(feature = "hub")]
fn hub(reference: &HubReference, categories: &[Category]) -> Result<Vec<FilesOfCategory>> {
    Ok(crate::hub::data_set_files(reference, categories)?)
}

#[cfg(not(feature = "hub"))]
fn hub(reference: &HubReference, _categories: &[Category]) -> Result<Vec<FilesOfCategory>> {
    Err(DataError::NoHub { location: reference.to_string() }.into())
}
