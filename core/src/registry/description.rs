//! What is known of a plugin without making one.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{PluginKind, SettingsError};

/// A plugin as `touchstone plugins list` and `describe` show it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Description {
    /// What it does.
    pub kind: PluginKind,
    /// Its name in recipes.
    pub name: String,
    /// What it is for, in its author's words; the first paragraph is the summary.
    pub text: String,
    /// The JSON Schema of its settings.
    pub schema: Value,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a plugin comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Linked in, from the crate of this name.
    Crate(String),
    /// Loaded from a library.
    Library {
        /// The library's file, as the user named it.
        path: PathBuf,
        /// The plugin's version, in its author's words.
        version: String,
    },
}

impl Origin {
    /// The library's file, where it is one.
    pub fn library(&self) -> Option<&Path> {
        match self {
            Self::Crate(_) => None,
            Self::Library { path, .. } => Some(path),
        }
    }

    /// Whether it is the library in this file, by whatever path that was named.
    pub fn is_library(&self, path: &Path) -> bool {
        let full = |path: &Path| path.canonicalize().ok();
        self.library().is_some_and(|known| known == path || full(known).is_some_and(|known| full(path) == Some(known)))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crate(name) => write!(formatter, "built in, from the crate {name}"),
            Self::Library { path, version } => {
                write!(formatter, "the library {}, version {version}", path.display())
            }
        }
    }
}

impl Description {
    /// The first paragraph of the description, on one line.
    pub fn summary(&self) -> String {
        self.text.split("\n\n").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The names of the settings, in the order in which they are declared.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.schema.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.as_str())
    }

    pub(super) fn check_fields(&self, settings: &Map<String, Value>) -> Result<(), SettingsError> {
        if self.schema.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Ok(());
        }
        match settings.keys().find(|key| !self.fields().any(|field| field == key.as_str())) {
            Some(unknown) => Err(SettingsError::UnknownField {
                kind: self.kind,
                name: self.name.clone(),
                field: unknown.clone(),
                known: self.fields().map(str::to_owned).collect(),
            }),
            None => Ok(()),
        }
    }
}

/// A plugin that is linked in; [`register!`](crate::register) makes these.
pub struct Builtin {
    kind: PluginKind,
    name: &'static str,
    package: &'static str,
    schema: fn() -> schemars::Schema,
}

impl Builtin {
    #[doc(hidden)]
    pub const fn new(
        kind: PluginKind,
        name: &'static str,
        package: &'static str,
        schema: fn() -> schemars::Schema,
    ) -> Self {
        Self { kind, name, package, schema }
    }

    pub(super) fn describe(&self) -> Description {
        let schema = (self.schema)().to_value();
        Description {
            kind: self.kind,
            name: self.name.to_owned(),
            text: schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
            schema,
            origin: Origin::Crate(self.package.to_owned()),
        }
    }
}

inventory::collect!(Builtin);
