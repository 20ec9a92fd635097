//! The files of a new experiment.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use touchstone::Templates;

use super::rust::{absolute, unicode};
use super::{CrateSource, File, ProjectError, name, render, write_files};

/// A new experiment: a crate that runs a small study on data of its own, with a test, for an author to change.
#[derive(Clone, Debug)]
pub struct ExperimentProject {
    /// The experiment's name.
    pub name: String,
    /// Where it finds Touchstone's crates.
    pub source: CrateSource,
}

/// The crates that an experiment depends on, and where they lie in the source.
const CRATES: [(&str, &str); 4] = [
    ("touchstone", "core"),
    ("touchstone_aggregators", "plugins/aggregators"),
    ("touchstone_baselines", "plugins/baselines"),
    ("touchstone_experiment", "experiments/experiment"),
];

macro_rules! template {
    ($name:literal) => {
        include_str!(concat!("../../../../templates/experiment/", $name))
    };
}

impl ExperimentProject {
    /// Writes the project into this folder, which must be empty or not there yet, and returns the files.
    ///
    /// # Errors
    /// A [`ProjectError`] for a name that cannot be used, a folder that holds something, or a source that is not there. In
    /// these cases nothing is written.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>, ProjectError> {
        name::check("an experiment", &self.name)?;
        let values = json!({
            "name": self.name,
            "crate": name::crate_name(&self.name, "_experiment"),
            "crates": self.crates()?,
        });
        let mut templates = Templates::new();
        let mut files = Vec::new();
        for (path, text) in [
            ("Cargo.toml", template!("Cargo.toml.jinja")),
            ("README.md", template!("README.md.jinja")),
            ("recipe.yaml", template!("recipe.yaml.jinja")),
            ("src/main.rs", template!("main.rs.jinja")),
            ("tests/result.rs", template!("result.rs.jinja")),
        ] {
            templates.add(path, text)?;
            files.push(File { path: path.to_owned(), text: render(&templates, path, &values)? });
        }
        for (path, text) in [("data/made_up.jsonl", template!("made_up.jsonl")), (".gitignore", template!("gitignore"))]
        {
            files.push(File { path: path.to_owned(), text: text.to_owned() });
        }
        write_files(files, folder)
    }

    /// How a `Cargo.toml` names each crate.
    fn crates(&self) -> Result<Value, ProjectError> {
        let root = match &self.source {
            CrateSource::Git(_) => PathBuf::new(),
            CrateSource::Path(path) => absolute(path).ok_or_else(|| ProjectError::NoSource { path: path.clone() })?,
        };
        let mut crates = Map::new();
        for (name, place) in CRATES {
            let value = match &self.source {
                CrateSource::Git(url) => json!({ "key": "git", "value": url }),
                CrateSource::Path(_) => json!({ "key": "path", "value": unicode(&root.join(place))? }),
            };
            crates.insert(name.to_owned(), value);
        }
        Ok(Value::Object(crates))
    }
}
