//! The files of a project in Rust.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use touchstone::Templates;

use super::{CrateSource, File, Project, ProjectError, library_file, name, render, skeleton, values};

/// What follows a plugin's name where that is taken.
const SUFFIX: &str = "_plugin";

/// The project's files.
pub(super) fn files(project: &Project) -> Result<Vec<File>, ProjectError> {
    let mut templates = Templates::new();
    templates.add("rust/Cargo.toml", include_str!("../../../../templates/plugin/rust/Cargo.toml.jinja"))?;
    templates.add("rust/README.md", include_str!("../../../../templates/plugin/rust/README.md.jinja"))?;
    templates.add("rust/lib.rs", skeleton::of(project.kind).rust)?;
    let mut values = values(project);
    values["crate"] = name::crate_name(&project.name, SUFFIX).into();
    values["type"] = name::type_name(&project.name).into();
    values["library_name"] = library_name(project).into();
    values["sdk"] = dependency(&project.sdk)?;
    let rendered = |path: &str, template: &str| {
        render(&templates, template, &values).map(|text| File { path: path.to_owned(), text })
    };
    Ok(vec![
        rendered("Cargo.toml", "rust/Cargo.toml")?,
        rendered("src/lib.rs", "rust/lib.rs")?,
        rendered("README.md", "rust/README.md")?,
        File {
            path: ".gitignore".to_owned(),
            text: include_str!("../../../../templates/plugin/rust/gitignore").to_owned(),
        },
    ])
}

/// The library that `cargo build` makes.
pub(super) fn library(project: &Project) -> String {
    format!("target/debug/{}", library_name(project))
}

fn library_name(project: &Project) -> String {
    library_file(&name::crate_name(&project.name, SUFFIX))
}

/// How a `Cargo.toml` names the SDK.
fn dependency(sdk: &CrateSource) -> Result<Value, ProjectError> {
    match sdk {
        CrateSource::Git(url) => Ok(json!({ "key": "git", "value": url })),
        CrateSource::Path(path) => {
            let found = absolute(path).ok_or_else(|| ProjectError::NoSdk { path: path.clone() })?;
            Ok(json!({ "key": "path", "value": unicode(&found)? }))
        }
    }
}

/// The whole path of a folder with a `Cargo.toml`, if there is one.
pub(super) fn absolute(folder: &Path) -> Option<PathBuf> {
    folder.canonicalize().ok().filter(|folder| folder.join("Cargo.toml").is_file())
}

/// A path as a `Cargo.toml` can hold it.
pub(super) fn unicode(path: &Path) -> Result<&str, ProjectError> {
    path.to_str().ok_or_else(|| ProjectError::NotUnicode { path: path.to_owned() })
}
