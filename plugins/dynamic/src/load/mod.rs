//! Loading the libraries that a user names.
//!
//! ```no_run
//! use touchstone::Registry;
//!
//! let mut registry = Registry::builtin();
//! touchstone_dynamic::load::load(&mut registry, "./libtrimmed.so".as_ref())?;
//! assert!(registry.plugins().any(|plugin| plugin.name == "trimmed"));
//! # Ok::<(), touchstone_dynamic::load::LoadError>(())
//! ```
//!
//! Nothing is loaded but what is named, and loading runs the library's code: name only what you trust. A library stays
//! loaded until the process ends, since its threads and what it leaves to the system outlive any instance.

#![allow(unsafe_code)] // loading runs foreign code

mod error;
mod examine;
mod library;
mod settings;

pub use error::{LoadError, Problem};

use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::Arc;

use touchstone::Registry;

use crate::table::{Entry, Library, SYMBOL};
use library::LoadedLibrary;

/// Loads the library at `path` and adds its plugins to the registry. One that is there already is not added again.
///
/// # Errors
/// [`LoadError`] says what is wrong with the library, or which plugin's name is taken, and by what.
pub fn load(registry: &mut Registry, path: &Path) -> Result<(), LoadError> {
    // By its full name, so that the system looks nowhere else.
    let full =
        path.canonicalize().map_err(|error| LoadError::Open { path: path.to_owned(), message: error.to_string() })?;
    if registry.has_library(&full) {
        return Ok(());
    }
    let table = open(path, &full)?;
    // SAFETY: by the contract the table is valid for ever, since the library is never unloaded.
    let plugins = unsafe { examine::plugins(path, table) }?;
    Ok(registry.add(Arc::new(LoadedLibrary::new(plugins)))?)
}

/// The table of the library at `full`, which the user knows as `path`.
fn open(path: &Path, full: &Path) -> Result<*const Library, LoadError> {
    let named = || path.to_owned();
    // SAFETY: loading runs the library's initialisers. The user named the library, and so vouches for it.
    let library = unsafe { libloading::Library::new(full) };
    let library = library.map_err(|error| LoadError::Open { path: named(), message: whole(&error) })?;
    // Never unloaded: it may have started threads, and have left functions for the system to call when they end.
    let library = ManuallyDrop::new(library);
    // SAFETY: the symbol's type is what the contract says of its name.
    let entry = unsafe { library.get::<Entry>(SYMBOL) };
    let entry = entry.map_err(|error| LoadError::NoSymbol { path: named(), message: whole(&error) })?;
    // SAFETY: the function takes nothing, and by the contract may be called at any time.
    Ok(unsafe { entry() })
}

/// The error with its cause, which is where the system says what it did not like.
fn whole(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
