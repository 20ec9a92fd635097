//! What may be wrong with a library.

use std::path::PathBuf;

use touchstone::registry::SettingsError;

use crate::table::{ABI_VERSION, SYMBOL};

/// A library cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It is not there, or the system cannot load it.
    #[error("the library {} cannot be loaded: {message}", path.display())]
    Open {
        /// The library.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// It does not export the symbol.
    #[error("{} is no library of plugins: it exports no function `{SYMBOL}` ({message}); in Rust `touchstone_sdk::export!` makes it, in C touchstone.h declares it", path.display())]
    NoSymbol {
        /// The library.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// It gave no table.
    #[error("the library {} gave no table: its function `{SYMBOL}` returned null", path.display())]
    NoTable {
        /// The library.
        path: PathBuf,
    },
    /// It is of another version.
    #[error("the library {} is built for version {found} of the plugin table, and this program has version {ABI_VERSION}: build it again with this program's SDK or touchstone.h", path.display())]
    Version {
        /// The library.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// It has no plugins, or more than can be meant.
    #[error("the library {} says that it has {count} plugins, and its list of them is {}", path.display(), if *listed { "there" } else { "null" })]
    Count {
        /// The library.
        path: PathBuf,
        /// How many it says.
        count: u32,
        /// Whether there is a list.
        listed: bool,
    },
    /// One of its plugins is wrong.
    #[error("the library {}, plugin {} ({}): {problem}", path.display(), place + 1, name.as_deref().unwrap_or("without a name"))]
    Plugin {
        /// The library.
        path: PathBuf,
        /// The plugin's place in the library, from 0.
        place: usize,
        /// Its name, where it has one.
        name: Option<String>,
        /// What is wrong with it.
        problem: Problem,
    },
    /// One of its names is taken.
    #[error(transparent)]
    Names(#[from] SettingsError),
}

/// What is wrong with a plugin of a library.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Its kind is none.
    #[error("its kind is {0}, and kinds are 1 (verifier) to 7 (answer extractor)")]
    Kind(u32),
    /// Its demand on threads is none.
    #[error("its demand on threads is {0}, which is none of 0 (any thread) and 1 (one at a time)")]
    Threads(u32),
    /// A text is missing.
    #[error("its {0} is null, or has a length that cannot be")]
    NoText(&'static str),
    /// A text cannot be read.
    #[error("its {what} is not UTF-8: {message}")]
    NotUtf8 {
        /// Which text.
        what: &'static str,
        /// What is wrong.
        message: String,
    },
    /// Its name cannot stand in a recipe.
    #[error("the name {0:?} cannot stand in a recipe: it needs 1 to 64 ASCII letters, digits and the characters _ - .")]
    Name(String),
    /// Its schema is none.
    #[error("its schema is no JSON Schema of an object: {0}")]
    Schema(String),
    /// It is there twice.
    #[error("an earlier plugin of this library is of its kind and has its name, too")]
    Twice,
    /// It lacks a function.
    #[error("its function `{0}` is null, and its kind needs it")]
    NoFunction(&'static str),
}
