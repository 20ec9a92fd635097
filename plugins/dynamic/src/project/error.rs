//! Why a project cannot be written.

use std::path::PathBuf;

/// A project cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// The name cannot be that of a plugin or an experiment.
    #[error("{what} cannot be called {name:?}: a name has at most {longest} characters, begins with an ASCII letter, and goes on with letters, digits and the characters _ - .", longest = super::name::LONGEST)]
    Name {
        /// What is to be called so, with its article.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The folder holds something.
    #[error("the folder {} is not empty: name another one, so that nothing of yours is overwritten", folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no SDK where it should be.
    #[error("the SDK is not at {}: name the folder plugins/sdk of a copy of Touchstone's source", path.display())]
    NoSdk {
        /// Where it should be.
        path: PathBuf,
    },
    /// There is no source where it should be.
    #[error("Touchstone's source is not at {}: name the top folder of a copy of it", path.display())]
    NoSource {
        /// Where it should be.
        path: PathBuf,
    },
    /// The path of what a project depends on cannot be written into it.
    #[error("the path {} is not Unicode, and a Cargo.toml cannot hold it: move what lies there", path.display())]
    NotUnicode {
        /// The path.
        path: PathBuf,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] touchstone::Error),
}
