//! New projects, for plugins and for experiments: what an author starts from.
//!
//! A project is a small plugin that works, with its tests, for an author to change. It is made of templates, which lie in
//! the repository's `templates/plugin`: the files that all projects of a language share, and a source for each kind.
//! A new kind needs its sources there and a line in `skeleton.rs`; a new language needs a [`Language`] and a module
//! beside `rust.rs` that lists its files. An [`ExperimentProject`] is the same for an experiment, from `templates/experiment`.
//!
//! ```
//! use touchstone::PluginKind;
//! use touchstone_dynamic::project::{Language, Project, CrateSource};
//!
//! # let parent = tempfile::tempdir().unwrap();
//! # let folder = parent.path().join("trimmed");
//! let project = Project {
//!     name: "trimmed".to_owned(),
//!     kind: PluginKind::Aggregator,
//!     language: Language::C,
//!     sdk: CrateSource::Git("https://github.com/touchstone-rewards/touchstone".to_owned()),
//! };
//! let written = project.write(&folder)?;
//! assert!(written.contains(&folder.join("trimmed.c")));
//! # Ok::<(), touchstone_dynamic::project::ProjectError>(())
//! ```

mod c;
mod error;
mod experiment;
mod name;
mod rust;
mod skeleton;
#[cfg(test)]
mod tests;

pub use error::ProjectError;
pub use experiment::ExperimentProject;

use std::path::{Path, PathBuf};

use touchstone::{PluginKind, Templates, write_atomically};

/// A project to be written.
#[derive(Clone, Debug)]
pub struct Project {
    /// The plugin's name in recipes.
    pub name: String,
    /// What it does.
    pub kind: PluginKind,
    /// What it is written in.
    pub language: Language,
    /// Where a project in Rust finds the SDK; one in C holds all it needs.
    pub sdk: CrateSource,
}

/// What a plugin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust, with cargo.
    Rust,
    /// C11, with make.
    C,
}

/// Where the crates are that a project in Rust depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CrateSource {
    /// In this folder: that of the crate `touchstone-sdk` for a plugin, of the whole source for an experiment.
    Path(PathBuf),
    /// In the git repository of this URL.
    Git(String),
}

/// A file of a project.
struct File {
    /// Where it is, below the project's folder.
    path: String,
    text: String,
}

impl Project {
    /// Writes the project into this folder, which must be empty or not there yet, and returns the files.
    ///
    /// # Errors
    /// A [`ProjectError`] for a name that cannot be used, a folder that holds something, or an SDK that is not there. In
    /// these cases nothing is written.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>, ProjectError> {
        name::check("a plugin", &self.name)?;
        let files = match self.language {
            Language::Rust => rust::files(self)?,
            Language::C => c::files(self)?,
        };
        write_files(files, folder)
    }

    /// The library that building the project makes on this platform, below the project's folder.
    pub fn library(&self) -> String {
        match self.language {
            Language::Rust => rust::library(self),
            Language::C => c::library(self),
        }
    }
}

/// Writes a project's files into this folder, which must be empty or not there yet.
fn write_files(files: Vec<File>, folder: &Path) -> Result<Vec<PathBuf>, ProjectError> {
    let io = |action: &str| {
        let action = action.to_owned();
        move |error| ProjectError::Write(touchstone::Error::io(action, folder, error))
    };
    if folder.exists() && std::fs::read_dir(folder).map_err(io("read the folder"))?.next().is_some() {
        return Err(ProjectError::NotEmpty { folder: folder.to_owned() });
    }
    let mut written = Vec::new();
    for File { path, text } in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(io("make the folder"))?;
        write_atomically(&path, |writer| Ok(writer.write_all(text.as_bytes())?))?;
        written.push(path);
    }
    Ok(written)
}

/// The file of a library of this name on this platform.
fn library_file(name: &str) -> String {
    format!("{}{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

/// What templates of every language are told.
fn values(project: &Project) -> serde_json::Value {
    let kind = project.kind.to_string();
    serde_json::json!({
        "name": project.name,
        "article": if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" },
        "kind": kind,
        "library": project.library(),
        "usage": format!("{{ type: {}, {} }}", project.name, skeleton::of(project.kind).setting),
    })
}

/// Fills in a template.
fn render(templates: &Templates, name: &str, values: &serde_json::Value) -> Result<String, ProjectError> {
    // Rendering drops the last end of line.
    Ok(templates.render(name, values)? + "\n")
}
