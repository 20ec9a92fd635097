//! Prompts and pages: minijinja templates, one file each, built in and overridable from a folder.

use std::path::{Path, PathBuf};

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use crate::{Error, Result};

/// The templates that a job can render, by name.
///
/// Plugins add the templates that they bring with [`add`](Self::add); a user's folder, named with
/// [`override_from`](Self::override_from), replaces those of the same name. A variable that a template uses but is not
/// given is an error that names template and line, so that a prompt never goes out with a hole in it. Templates whose
/// name ends in `.html` escape what they insert.
pub struct Templates {
    environment: Environment<'static>,
    folder: Option<PathBuf>,
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
        Self { environment, folder: None }
    }

    /// Adds a built-in template.
    ///
    /// # Errors
    /// [`Error::Template`] with the line of a syntax error.
    pub fn add(&mut self, name: &'static str, source: &'static str) -> Result<()> {
        self.environment.add_template(name, source).map_err(|error| Error::template(name, error))
    }

    /// Prefers templates from this folder, each read when it is rendered.
    ///
    /// # Errors
    /// [`Error::Io`] if there is no such folder.
    pub fn override_from(&mut self, folder: &Path) -> Result<()> {
        std::fs::read_dir(folder).map_err(|error| Error::io("read the template folder", folder, error))?;
        self.folder = Some(folder.to_owned());
        Ok(())
    }

    /// Renders the template of this name with the fields of `values`.
    ///
    /// # Errors
    /// [`Error::Template`] for an unknown template, an undefined variable or a syntax error, with its line;
    /// [`Error::Io`] for a file that cannot be read.
    pub fn render(&self, name: &str, values: impl Serialize) -> Result<String> {
        let values = minijinja::Value::from(minijinja::value::Serde(values));
        let override_path = self.folder.as_ref().map(|folder| folder.join(name)).filter(|path| path.is_file());
        let rendered = match override_path {
            Some(path) => {
                let source =
                    std::fs::read_to_string(&path).map_err(|error| Error::io("read the template", &path, error))?;
                self.environment.render_named_str(name, &source, values)
            }
            None => self.environment.get_template(name).and_then(|template| template.render(values)),
        };
        rendered.map_err(|error| Error::template(name, error))
    }
}

impl Default for Templates {
    fn default() -> Self {
        Self::new()
    }
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
