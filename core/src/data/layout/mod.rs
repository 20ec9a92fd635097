//! Which files of a folder or repository hold which category.
//!
//! The same rules serve local folders and the hub's repositories. Where the data set card (`README.md`) declares
//! `configs`, its word counts: every split is a category. Else the files' names tell:
//!
//! | place | category |
//! |---|---|
//! | `law.parquet`, `law_reward.json`, `law-00000-of-00002.parquet` | `law`, at the top |
//! | `data/law.parquet`, `data/law-00000-of-00002.parquet` | `law`, in `data` |
//! | `law/0000.parquet`, `law/any.json` | `law`, the folder |
//! | `data/law/any.parquet` | `law`, the folder |
//! | `config/law/0000.parquet`, `config/law-00000-of-00002.parquet` | `law`, of the config `default` or the first one |
//!
//! Only one of these places is read: the first that holds shards or numbered files (names that only tools give), else the
//! first that holds any data. Where one category lies there in several formats (`law.json` beside `law.parquet`) they are
//! taken for the same rows and one is read: Parquet, else JSONL, else JSON, a plain file before a compressed one.

mod card;
mod error;
mod name;
mod pattern;

use std::collections::BTreeMap;

pub use self::error::LayoutError;

use self::card::{Declared, DeclaredFiles};
use self::name::DataFile;
use crate::Category;

/// The files of one category, in order (shards of a split).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryFiles {
    /// The category: the split's name, or the file's.
    pub category: Category,
    /// Paths of its files relative to the folder or repository, with `/` between parts.
    pub files: Vec<String>,
}

/// Finds the categories among the `files` of a folder or repository (relative paths with `/`), by the data set `card`
/// (the text of `README.md`) where it declares `configs`, else by the files' names.
///
/// # Errors
/// [`LayoutError`] if no file holds data, the card names files that are not there or is not readable, a shard is missing,
/// or two files claim to be the same.
pub fn categories(files: &[String], card: Option<&str>) -> Result<Vec<CategoryFiles>, LayoutError> {
    let declared = match card {
        Some(card) => card::declared(card)?,
        None => None,
    };
    let mut found = match declared {
        Some(declared) => by_card(files, &declared)?,
        None => by_name(files.iter().map(String::as_str), "")?,
    };
    let mut order: Vec<Category> = found.iter().map(|entry| entry.category.clone()).collect();
    Category::sort(&mut order);
    found.sort_by_key(|entry| order.iter().position(|category| *category == entry.category));
    Ok(found)
}

fn by_card(files: &[String], declared: &Declared) -> Result<Vec<CategoryFiles>, LayoutError> {
    let folder = &declared.folder;
    match &declared.files {
        DeclaredFiles::Everything => by_name(files.iter().map(String::as_str), folder),
        DeclaredFiles::Unnamed(patterns) => by_name(matched(files, folder, patterns)?.into_iter(), folder),
        DeclaredFiles::Splits(splits) => splits
            .iter()
            .map(|split| {
                let paths = matched(files, folder, &split.patterns)?;
                let data: Vec<DataFile<'_>> = paths.iter().filter_map(|path| DataFile::read(path)).collect();
                let kept = complete(preferred(data), &split.name)?;
                let files = paths.into_iter().filter(|path| kept.iter().any(|file| file.path == *path));
                Ok(CategoryFiles { category: Category::new(&*split.name), files: files.map(str::to_owned).collect() })
            })
            .collect(),
    }
}

/// The data files that the patterns match: in the patterns' order, those of one pattern by their numbers.
fn matched<'a>(files: &'a [String], folder: &str, patterns: &[String]) -> Result<Vec<&'a str>, LayoutError> {
    let mut paths: Vec<&str> = Vec::new();
    for written in patterns {
        let pattern = match (folder.is_empty(), card::relative(written)) {
            (true, pattern) => pattern,
            (false, pattern) => format!("{folder}/{pattern}"),
        };
        // A file of just this name is meant even where the name could be read as a pattern (`law[1].json`).
        let named = files.contains(&pattern);
        let fits = |path: &str| if named { path == pattern } else { pattern::fits(&pattern, path) };
        let meant: Vec<&str> = files.iter().map(String::as_str).filter(|path| fits(path)).collect();
        let mut hits: Vec<DataFile<'_>> = meant.iter().filter_map(|path| DataFile::read(path)).collect();
        if hits.is_empty() {
            return Err(match meant.first() {
                Some(file) => LayoutError::CardFormat { file: (*file).to_owned() },
                None => LayoutError::CardFile { pattern: written.clone(), folder: folder.to_owned() },
            });
        }
        hits.sort_by_key(DataFile::order);
        for hit in hits {
            if !paths.contains(&hit.path) {
                paths.push(hit.path);
            }
        }
    }
    Ok(paths)
}

/// Where in a folder or repository a layout puts its files; the first place that serves is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Top,
    Data,
    Folder,
    DataFolder,
    Config,
}

/// A data file with where it stands in the layout.
struct Placed<'a> {
    file: DataFile<'a>,
    place: Place,
    config: &'a str,
    category: &'a str,
}

impl<'a> Placed<'a> {
    fn new(file: DataFile<'a>) -> Option<Self> {
        let (in_data, folders) = match file.folders.as_slice() {
            ["data", rest @ ..] => (true, rest),
            all => (false, all),
        };
        let own_name = || file.stem.strip_suffix("_reward").filter(|name| !name.is_empty()).unwrap_or(file.stem);
        let (place, config, category) = match *folders {
            [] => (if in_data { Place::Data } else { Place::Top }, "", own_name()),
            // A folder whose shards are of a split of another name is a configuration.
            [config] if file.shard.is_some() && file.stem != config => (Place::Config, config, file.stem),
            [category] => (if in_data { Place::DataFolder } else { Place::Folder }, "", category),
            [config, category] => (Place::Config, config, category),
            _ => return None,
        };
        Some(Self { place, config, category, file })
    }
}

fn by_name<'a>(paths: impl Iterator<Item = &'a str>, folder: &str) -> Result<Vec<CategoryFiles>, LayoutError> {
    let below = |path: &'a str| match folder {
        "" => Some(path),
        folder => path.strip_prefix(folder)?.strip_prefix('/'),
    };
    let mut seen = 0;
    let placed: Vec<Placed<'a>> =
        paths.filter_map(below).inspect(|_| seen += 1).filter_map(|path| Placed::new(DataFile::read(path)?)).collect();
    let numbered = placed.iter().filter(|entry| entry.file.is_numbered()).map(|entry| entry.place).min();
    let Some(place) = numbered.or_else(|| placed.iter().map(|entry| entry.place).min()) else {
        return Err(LayoutError::NoDataFiles { seen });
    };
    let there = || placed.iter().filter(|entry| entry.place == place);
    let config = there().map(|entry| entry.config).min_by_key(|config| (*config != "default", *config));

    let mut by_category: BTreeMap<&str, Vec<DataFile<'a>>> = BTreeMap::new();
    for entry in there().filter(|entry| Some(entry.config) == config) {
        by_category.entry(entry.category).or_default().push(entry.file.clone());
    }
    by_category
        .into_iter()
        .map(|(category, found)| {
            let mut found = complete(preferred(found), category)?;
            // A category that is named by its file has one name; in a folder of its own it may have many files.
            if matches!(place, Place::Top | Place::Data)
                && let Some(other) = found.iter().find(|file| file.stem != found[0].stem)
            {
                return Err(ambiguous(category, &found[0], other));
            }
            found.sort_by_key(DataFile::order);
            let full = |file: &DataFile<'_>| match folder {
                "" => file.path.to_owned(),
                folder => format!("{folder}/{}", file.path),
            };
            Ok(CategoryFiles { category: Category::new(category), files: found.iter().map(full).collect() })
        })
        .collect()
}

/// What the shards of one set, and the formats of one file, have in common.
type SetName<'a> = (Vec<&'a str>, &'a str);

fn set_name<'a>(file: &DataFile<'a>) -> SetName<'a> {
    (file.folders.clone(), file.stem)
}

/// Of files that differ only in format and shards, those of the preferred format.
fn preferred(files: Vec<DataFile<'_>>) -> Vec<DataFile<'_>> {
    let mut best: BTreeMap<SetName<'_>, usize> = BTreeMap::new();
    for file in &files {
        let known = best.entry(set_name(file)).or_insert(file.preference);
        *known = file.preference.min(*known);
    }
    files.into_iter().filter(|file| best.get(&set_name(file)) == Some(&file.preference)).collect()
}

/// The files, if every set of shards among them is whole and not doubled.
fn complete<'a>(files: Vec<DataFile<'a>>, category: &str) -> Result<Vec<DataFile<'a>>, LayoutError> {
    let mut sets: BTreeMap<SetName<'a>, Vec<&DataFile<'a>>> = BTreeMap::new();
    for file in &files {
        sets.entry(set_name(file)).or_default().push(file);
    }
    for mut set in sets.into_values() {
        set.sort_by_key(|file| file.order());
        for pair in set.windows(2) {
            // Leftovers of an earlier upload: a whole file beside shards, shards of another count, one place twice.
            let same_set = match (pair[0].shard, pair[1].shard) {
                (Some(one), Some(other)) => one.count == other.count && one.index != other.index,
                (None, _) | (_, None) => false,
            };
            if !same_set {
                return Err(ambiguous(category, pair[0], pair[1]));
            }
        }
        let Some(shard) = set[0].shard else { continue };
        let gap = (0..shard.count).zip(set.iter().map(Some).chain(std::iter::repeat(None)));
        let missing =
            gap.into_iter().find(|(index, file)| file.and_then(|file| file.shard).map(|s| s.index) != Some(*index));
        if let Some((index, _)) = missing {
            let folders = set[0].folders.iter().map(|folder| format!("{folder}/")).collect::<String>();
            return Err(LayoutError::MissingShard {
                category: category.to_owned(),
                missing: format!("{folders}{}-{index:05}-of-{:05}", set[0].stem, shard.count),
                present: set[0].path.to_owned(),
            });
        }
    }
    Ok(files)
}

fn ambiguous(category: &str, one: &DataFile<'_>, other: &DataFile<'_>) -> LayoutError {
    LayoutError::Ambiguous { category: category.to_owned(), one: one.path.to_owned(), other: other.path.to_owned() }
}

#[cfg(test)]
mod tests;
