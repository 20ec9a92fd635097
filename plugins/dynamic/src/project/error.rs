//! Why a project cannot be written.

use std::path::PathBuf;

/// A project cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// The name cannot be a plugin's.
    #[error("a plugin cannot be called {name:?}: a name has at most {longest} characters, begins with an ASCII letter, and goes on with letters, digits and the characters _ - .", longest = super::name::LONGEST)]
    Name {
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
    /// The path of the SDK cannot be written into a project.
    #[error("the path of the SDK, {}, is not Unicode, and a Cargo.toml cannot hold it: move the SDK", path.display())]
    SdkNotUnicode {
        /// The path.
        path: PathBuf,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] touchstone::Error),
}
