//! Prompts and pages: minijinja templates, one file each, built in and overridable from a folder.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use crate::{Error, Result};

/// The templates that a job can render, by name.
///
/// Plugins add the templates that they bring with [`add`](Self::add); a user's folder, named with
/// [`override_from`](Self::override_from), replaces those of the same name, also where one includes another. A variable that
/// a template uses but is not given is an error that names template and line, so that a prompt never goes out with a hole in
/// it. Templates whose name ends in `.html` escape what they insert.
#[derive(Clone)]
pub struct Templates {
    environment: Environment<'static>,
    overridden: HashSet<String>,
}

impl Templates {
    /// No templates.
    pub fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(
            |name| {
                if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None }
            },
        );
        Self { environment, overridden: HashSet::new() }
    }

    /// Adds a built-in template, unless the user's folder has one of its name.
    ///
    /// # Errors
    /// [`Error::Template`] with the line of a syntax error.
    pub fn add(&mut self, name: impl Into<Cow<'static, str>>, source: impl Into<Cow<'static, str>>) -> Result<()> {
        let name = name.into();
        if self.overridden.contains(&*name) {
            return Ok(());
        }
        self.environment.add_template_owned(name.clone(), source.into()).map_err(|error| failed(&name, error))
    }

    /// Takes every file of this folder as the template of its name, in place of a built-in one.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder or a file of it cannot be read; [`Error::Template`] with the line of a syntax error.
    pub fn override_from(&mut self, folder: &Path) -> Result<()> {
        let unreadable = |error| Error::io("read the template folder", folder, error);
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with('.') || !path.is_file() {
                continue;
            }
            let source =
                std::fs::read_to_string(&path).map_err(|error| Error::io("read the template", &path, error))?;
            self.environment
                .add_template_owned(name.clone(), source)
                .map_err(|error| failed(&path.display().to_string(), error))?;
            self.overridden.insert(name);
        }
        Ok(())
    }

    /// The text of the user's template of this name, where there is one in place of the built-in one.
    pub fn overriding(&self, name: &str) -> Option<String> {
        let overridden = self.overridden.contains(name);
        overridden.then(|| self.environment.get_template(name).ok())?.map(|template| template.source().to_owned())
    }

    /// Every template's name and text.
    pub fn sources(&self) -> impl Iterator<Item = (&str, String)> {
        self.environment.templates().map(|(name, template)| (name, template.source().to_owned()))
    }

    /// The template of this name and each that it may include, with their texts: all that a prompt may be made by.
    pub fn with_includes(&self, name: &str) -> Vec<(String, String)> {
        let all: BTreeMap<&str, String> = self.sources().collect();
        let mut used = vec![name];
        let mut found: Vec<(String, String)> = Vec::new();
        while let Some(name) = used.pop() {
            let Some(source) = all.get(name).filter(|_| found.iter().all(|(known, _)| known != name)) else { continue };
            let is_named = |other: &&str| {
                [format!("'{other}'"), format!("\"{other}\"")].iter().any(|quoted| source.contains(quoted.as_str()))
            };
            used.extend(all.keys().copied().filter(is_named));
            found.push((name.to_owned(), source.clone()));
        }
        found
    }

    /// Renders the template of this name with the fields of `values`.
    ///
    /// # Errors
    /// [`Error::Template`] for an unknown template or an undefined variable, with its line.
    pub fn render(&self, name: &str, values: impl Serialize) -> Result<String> {
        let values = minijinja::Value::from(minijinja::value::Serde(values));
        let rendered = self.environment.get_template(name).and_then(|template| template.render(values));
        rendered.map_err(|error| failed(name, error))
    }
}

impl Default for Templates {
    fn default() -> Self {
        Self::new()
    }
}

fn failed(name: &str, error: minijinja::Error) -> Error {
    let mut message = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        message.push_str(&format!(": {inner}"));
        source = inner.source();
    }
    Error::Template { name: name.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates() -> Templates {
        let mut templates = Templates::new();
        templates.add("greeting.txt", "Hello\n{{ name }}").unwrap();
        templates.add("greeting.html", "<b>{{ name }}</b>").unwrap();
        templates
    }

    #[test]
    fn an_undefined_variable_is_an_error_with_template_and_line() {
        let message = templates().render("greeting.txt", serde_json::json!({})).unwrap_err().to_string();
        assert!(message.contains("greeting.txt") && message.contains(":2"), "{message}");
    }

    #[test]
    fn pages_escape_and_prompts_do_not() {
        let values = serde_json::json!({ "name": "<i>" });
        assert_eq!(templates().render("greeting.txt", &values).unwrap(), "Hello\n<i>");
        assert_eq!(templates().render("greeting.html", &values).unwrap(), "<b>&lt;i&gt;</b>");
    }

    #[test]
    fn an_overridden_part_is_used_by_the_built_in_whole_whichever_came_first() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("part.txt"), "mine").unwrap();
        let mut templates = Templates::new();
        templates.add("whole.txt", "{% include 'part.txt' %}").unwrap();
        templates.override_from(folder.path()).unwrap();
        templates.add("part.txt", "theirs").unwrap();
        assert_eq!(templates.render("whole.txt", serde_json::json!({})).unwrap(), "mine");
    }

    #[test]
    fn a_syntax_error_of_the_users_is_told_with_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("part.txt"), "\n{{ name").unwrap();
        let message = Templates::new().override_from(folder.path()).unwrap_err().to_string();
        assert!(message.contains("part.txt") && message.contains(":2"), "{message}");
    }

    #[test]
    fn a_folder_overrides_what_it_holds_and_leaves_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("greeting.txt"), "Bye {{ name }}").unwrap();
        let mut templates = templates();
        templates.override_from(folder.path()).unwrap();
        let values = serde_json::json!({ "name": "x" });
        assert_eq!(templates.render("greeting.txt", &values).unwrap(), "Bye x");
        assert_eq!(templates.render("greeting.html", &values).unwrap(), "<b>x</b>");
        assert!(templates.render("absent.txt", &values).unwrap_err().to_string().contains("absent.txt"));
        assert!(templates.override_from(Path::new("no such folder")).is_err());
    }
}
