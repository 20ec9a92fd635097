//! What a data set card says about its files: the `configs` of the YAML block at the head of `README.md`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::LayoutError;

/// The chosen configuration of a card.
pub(super) struct Declared {
    /// The folder that its patterns and files are relative to, without a slash at its end; empty for the top.
    pub folder: String,
    /// Which files hold what.
    pub files: DeclaredFiles,
}

/// The forms of `data_files`.
pub(super) enum DeclaredFiles {
    /// Splits with the patterns of their files.
    Splits(Vec<DeclaredSplit>),
    /// Patterns without split names: the files that they match are named by their own names.
    Unnamed(Vec<String>),
    /// Only a folder was given.
    Everything,
}

/// A split with the patterns of its files.
pub(super) struct DeclaredSplit {
    pub name: String,
    pub patterns: Vec<String>,
}

#[derive(Deserialize)]
struct Card {
    configs: Option<Vec<Config>>,
}

#[derive(Deserialize)]
struct Config {
    config_name: Option<String>,
    data_files: Option<DataFiles>,
    data_dir: Option<String>,
    #[serde(default)]
    default: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum DataFiles {
    One(String),
    Many(Vec<Entry>),
    Map(BTreeMap<String, Patterns>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Pattern(String),
    Split { split: String, path: Patterns },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Patterns {
    One(String),
    Many(Vec<String>),
}

impl From<Patterns> for Vec<String> {
    fn from(patterns: Patterns) -> Self {
        match patterns {
            Patterns::One(pattern) => vec![pattern],
            Patterns::Many(patterns) => patterns,
        }
    }
}

/// What the card declares; nothing where it has no YAML block or that names no files.
///
/// Of several configurations the one marked `default: true` is taken, else the one called `default`, else the first.
pub(super) fn declared(card: &str) -> Result<Option<Declared>, LayoutError> {
    let Some(yaml) = front_matter(card) else { return Ok(None) };
    let card: Card = serde_saphyr::from_str(&yaml).map_err(|error| LayoutError::Card { message: error.to_string() })?;
    let mut configs = card.configs.unwrap_or_default();
    if configs.is_empty() {
        return Ok(None);
    }
    let chosen = configs
        .iter()
        .position(|config| config.default)
        .or_else(|| configs.iter().position(|config| config.config_name.as_deref() == Some("default")))
        .unwrap_or(0);
    let config = configs.swap_remove(chosen);
    let folder = config.data_dir.as_deref().map(relative).unwrap_or_default();
    let files = match config.data_files {
        None if folder.is_empty() => return Ok(None),
        None => DeclaredFiles::Everything,
        Some(DataFiles::One(pattern)) => DeclaredFiles::Unnamed(vec![pattern]),
        Some(DataFiles::Many(entries)) => listed(entries)?,
        Some(DataFiles::Map(splits)) => DeclaredFiles::Splits(
            splits.into_iter().map(|(name, patterns)| DeclaredSplit { name, patterns: patterns.into() }).collect(),
        ),
    };
    Ok(Some(Declared { folder, files }))
}

fn listed(entries: Vec<Entry>) -> Result<DeclaredFiles, LayoutError> {
    let mut splits: Vec<DeclaredSplit> = Vec::new();
    let mut unnamed = Vec::new();
    for entry in entries {
        match entry {
            Entry::Pattern(pattern) => unnamed.push(pattern),
            Entry::Split { split, .. } if splits.iter().any(|known| known.name == split) => {
                return Err(LayoutError::Card {
                    message: format!("the split {split:?} is named twice: give all its files in one `path` list"),
                });
            }
            Entry::Split { split, path } => splits.push(DeclaredSplit { name: split, patterns: path.into() }),
        }
    }
    match (splits.is_empty(), unnamed.is_empty()) {
        (true, _) => Ok(DeclaredFiles::Unnamed(unnamed)),
        (false, true) => Ok(DeclaredFiles::Splits(splits)),
        (false, false) => Err(LayoutError::Card {
            message: format!("`data_files` names splits, but {:?} stands there without one", unnamed[0]),
        }),
    }
}

/// The YAML between the `---` lines at the head, with the line ends that YAML expects.
fn front_matter(card: &str) -> Option<String> {
    let mut lines = card.trim_start_matches('\u{feff}').lines();
    if lines.next()?.trim_end() != "---" {
        return None;
    }
    let mut yaml = String::new();
    for line in lines {
        if line.trim_end() == "---" {
            return Some(yaml);
        }
        yaml.push_str(line);
        yaml.push('\n');
    }
    None
}

/// A path as in a listing of files: no `./` before it, no slash behind it.
pub(super) fn relative(path: &str) -> String {
    let mut path = path.trim();
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches('/');
    }
    let path = path.trim_end_matches('/');
    if path == "." { String::new() } else { path.to_owned() }
}
