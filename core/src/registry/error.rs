//! What may be wrong with a plugin's name or settings.

use super::{Origin, PluginKind};
use crate::nearest::suggestion;

/// A plugin's name or settings are wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// No plugin of this kind has this name.
    #[error(
        "no {kind} is called {name:?}; there are: {}{}",
        list(known),
        suggestion(name, known.iter().map(String::as_str))
    )]
    UnknownPlugin {
        /// The kind that was wanted.
        kind: PluginKind,
        /// The name that was given.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// The plugin has no such setting.
    #[error(
        "the {kind} {name:?} has no setting {field:?}; it has: {}{}",
        list(known),
        suggestion(field, known.iter().map(String::as_str))
    )]
    UnknownField {
        /// The plugin's kind.
        kind: PluginKind,
        /// The plugin's name.
        name: String,
        /// The setting that was given.
        field: String,
        /// The settings that exist.
        known: Vec<String>,
    },
    /// A setting is missing or has a wrong value.
    #[error("the settings of the {kind} {name:?} are wrong: {message}")]
    Invalid {
        /// The plugin's kind.
        kind: PluginKind,
        /// The plugin's name.
        name: String,
        /// What is wrong.
        message: String,
    },
    /// Two plugins have one name.
    #[error("two plugins of kind {kind} are called {name:?}: {first}, and {second}; load only one of them")]
    Ambiguous {
        /// Their kind.
        kind: PluginKind,
        /// Their name.
        name: String,
        /// Where the first comes from.
        first: Box<Origin>,
        /// Where the second comes from.
        second: Box<Origin>,
    },
    /// The error lies in a plugin nested in the settings of another.
    #[error("in the setting {field:?} of the {kind} {name:?}: {source}")]
    Nested {
        /// The outer plugin's kind.
        kind: PluginKind,
        /// The outer plugin's name.
        name: String,
        /// The path of the field.
        field: String,
        /// What is wrong there.
        source: Box<SettingsError>,
    },
}

impl SettingsError {
    pub(super) fn inside(self, kind: PluginKind, name: &str, field: &str) -> Self {
        Self::Nested { kind, name: name.to_owned(), field: field.to_owned(), source: Box::new(self) }
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
