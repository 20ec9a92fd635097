//! Where data lies: on this machine, or on the hub.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::DataError;

/// Where a data set, reward set or model lies: a local path, or `hf://namespace/name@revision`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Location {
    /// A file or a folder.
    Path(PathBuf),
    /// A repository on the hub.
    Hub(HubReference),
}

/// A repository on the hub, written `hf://namespace/name` or `hf://namespace/name@revision`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HubReference {
    /// `namespace/name`.
    pub repository: String,
    /// A branch, tag or commit; `main` where none is named.
    pub revision: String,
}

impl FromStr for Location {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let Some(reference) = text.strip_prefix("hf://") else {
            return Ok(Self::Path(PathBuf::from(text)));
        };
        let (repository, revision) = reference.split_once('@').unwrap_or((reference, "main"));
        let repository = repository.strip_prefix("datasets/").unwrap_or(repository).trim_end_matches('/');
        let named = |part: &str| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        match repository.split_once('/') {
            Some((namespace, name)) if named(namespace) && named(name) && !revision.is_empty() => {
                Ok(Self::Hub(HubReference { repository: repository.to_owned(), revision: revision.to_owned() }))
            }
            _ => Err(DataError::HubReference { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(formatter),
            Self::Hub(reference) => reference.fmt(formatter),
        }
    }
}

impl fmt::Display for HubReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "hf://{}@{}", self.repository, self.revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(text: &str) -> Option<(String, String)> {
        match text.parse() {
            Ok(Location::Hub(reference)) => Some((reference.repository, reference.revision)),
            _ => None,
        }
    }

    #[test]
    fn a_hub_reference_names_repository_and_revision() {
        assert_eq!(hub("hf://a/b"), Some(("a/b".into(), "main".into())));
        assert_eq!(hub("hf://datasets/a/b@refs/pr/1"), Some(("a/b".into(), "refs/pr/1".into())));
        assert_eq!("some/folder".parse::<Location>().unwrap(), Location::Path("some/folder".into()));
    }

    #[test]
    fn a_malformed_hub_reference_is_an_error_that_shows_the_form() {
        for text in ["hf://", "hf://a", "hf://a/b/c", "hf://../b", "hf://a/b@", "hf://a/b c"] {
            let message = text.parse::<Location>().unwrap_err().to_string();
            assert!(message.contains("hf://namespace/name@revision"), "{text}: {message}");
        }
    }
}
