//! What a user writes to name a model or an adapter.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use touchstone::data::{HubReference, Location};

use super::SourceError;

/// Where a model or an adapter lies. In settings it is plain text: a path, `hf://namespace/name@revision`, the same with
/// `/FILE.gguf` behind it where a repository holds several GGUF files, or `embedded:NAME` for a model or
/// an adapter that is part of this program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ModelLocation {
    /// A folder or a `.gguf` file.
    Path(PathBuf),
    /// A repository on the hub.
    Hub {
        /// The repository and its revision.
        reference: HubReference,
        /// The one GGUF file of it that is meant.
        file: Option<String>,
    },
    /// A model that is part of this program.
    Embedded(String),
}

const HUB: &str = "hf://";
const EMBEDDED: &str = "embedded:";

impl FromStr for ModelLocation {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        if let Some(name) = text.strip_prefix(EMBEDDED) {
            return Ok(Self::Embedded(name.to_owned()));
        }
        let (repository, file) = match text.strip_prefix(HUB).and_then(gguf_in_repository) {
            Some((repository, file)) => (format!("{HUB}{repository}"), Some(file)),
            None => (text.to_owned(), None),
        };
        match repository.parse().map_err(SourceError::Reference)? {
            Location::Hub(reference) => Ok(Self::Hub { reference, file }),
            Location::Path(path) => Ok(Self::Path(path)),
        }
    }
}

impl ModelLocation {
    /// Whether this can only be meant as a model or an adapter, and not as data: an embedded one, a file of weights, a folder
    /// with a model's configuration or weights. A repository on the hub may be either; its name does not tell.
    pub fn must_be_model(&self) -> bool {
        let of_weights =
            |name: &str| name.ends_with(".gguf") || name.ends_with(".safetensors") || super::weights::is_pickle(name);
        let of_model = |name: &str| of_weights(name) || name == "config.json" || name == super::adapter::CONFIG;
        match self {
            Self::Embedded(_) | Self::Hub { file: Some(_), .. } => true,
            Self::Hub { file: None, .. } => false,
            Self::Path(path) if path.is_dir() => {
                let names = std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.file_name());
                names.into_iter().any(|name| of_model(&name.to_string_lossy()))
            }
            Self::Path(path) => of_weights(&path.to_string_lossy()),
        }
    }
}

/// `namespace/name@revision` and the file of `namespace/name@revision/FILE.gguf`. A revision may hold slashes of its own
/// (`refs/pr/1`), so the file is what follows the last one.
fn gguf_in_repository(reference: &str) -> Option<(&str, String)> {
    let (repository, file) = reference.rsplit_once('/').filter(|(_, file)| file.ends_with(".gguf"))?;
    // Without a slash left, it is a repository whose own name ends so.
    repository.contains('/').then(|| (repository, file.to_owned()))
}

impl fmt::Display for ModelLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(formatter),
            Self::Hub { reference, file: None } => reference.fmt(formatter),
            Self::Hub { reference, file: Some(file) } => write!(formatter, "{reference}/{file}"),
            Self::Embedded(name) => write!(formatter, "{EMBEDDED}{name}"),
        }
    }
}

impl TryFrom<String> for ModelLocation {
    type Error = SourceError;

    fn try_from(text: String) -> Result<Self, SourceError> {
        text.parse()
    }
}

impl From<ModelLocation> for String {
    fn from(location: ModelLocation) -> Self {
        location.to_string()
    }
}

impl JsonSchema for ModelLocation {
    fn schema_name() -> Cow<'static, str> {
        "ModelLocation".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "path-or-hub" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> ModelLocation {
        text.parse().unwrap()
    }

    #[test]
    fn every_form_reads_back_as_it_is_written() {
        for text in [
            "models/tiny",
            "a/b.gguf",
            "hf://a/b@main",
            "hf://a/b@refs/pr/1",
            "hf://a/b@main/c-Q4_K_M.gguf",
            "hf://a/b@refs/pr/1/c.gguf",
            "hf://a/b.gguf@main",
            "embedded:tiny",
        ] {
            assert_eq!(parsed(text).to_string(), text);
            let json = serde_json::to_string(&parsed(text)).unwrap();
            assert_eq!(json, format!("{text:?}"));
            assert_eq!(serde_json::from_str::<ModelLocation>(&json).unwrap(), parsed(text));
        }
    }

    #[test]
    fn a_file_of_a_repository_is_told_from_the_repository() {
        let file = |text: &str| match parsed(text) {
            ModelLocation::Hub { reference, file } => (reference.to_string(), file),
            other => panic!("{other:?}"),
        };
        assert_eq!(file("hf://a/b/c.gguf"), ("hf://a/b@main".into(), Some("c.gguf".into())));
        assert_eq!(file("hf://a/b.gguf"), ("hf://a/b.gguf@main".into(), None));
        assert_eq!(file("hf://a/b-GGUF@v1"), ("hf://a/b-GGUF@v1".into(), None));
    }

    #[test]
    fn a_malformed_reference_shows_the_form() {
        for text in ["hf://a", "hf://a/b/c", "hf://a/b/c/d.gguf"] {
            let message = text.parse::<ModelLocation>().unwrap_err().to_string();
            assert!(message.contains("hf://namespace/name@revision"), "{text}: {message}");
        }
    }

    #[test]
    fn its_schema_tells_that_recipes_may_resolve_it() {
        let schema = schemars::schema_for!(ModelLocation);
        assert_eq!(schema.get("format").unwrap(), "path-or-hub");
        assert_eq!(schema.get("type").unwrap(), "string");
    }
}
