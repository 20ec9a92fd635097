//! Reading and checking recipes.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Recipe, RecipeError, VERSION};
use crate::nearest::with_suggestion;
use crate::{Error, Registry, Result};

impl Recipe {
    /// Reads a recipe file: TOML where its name ends in `.toml`, else YAML. Paths in it become relative to where the
    /// caller stands, from relative to the recipe; those in plugins' settings when a study is opened.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Recipe`] with the line and the nearest known name of an unknown key.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::io("read the recipe", path, error))?;
        let parsed = if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml")) {
            Self::from_toml(&text)
        } else {
            Self::from_yaml(&text)
        };
        let mut recipe = parsed.map_err(|error| match error {
            Error::Recipe(RecipeError::Syntax { message, .. }) => {
                RecipeError::Syntax { path: Some(path.to_owned()), message }.into()
            }
            other => other,
        })?;
        recipe.resolve_paths(path.parent().unwrap_or(Path::new("")));
        Ok(recipe)
    }

    /// Reads a recipe from YAML text; its paths stay as they are.
    ///
    /// # Errors
    /// [`Error::Recipe`].
    pub fn from_yaml(text: &str) -> Result<Self> {
        let recipe: Self = serde_saphyr::from_str(text).map_err(|error| syntax(&error.to_string()))?;
        recipe.check()
    }

    /// Reads a recipe from TOML text; its paths stay as they are.
    ///
    /// # Errors
    /// [`Error::Recipe`].
    pub fn from_toml(text: &str) -> Result<Self> {
        let recipe: Self = toml::from_str(text).map_err(|error| syntax(&error.to_string()))?;
        recipe.check()
    }

    /// The recipe as YAML text, its paths as they stand.
    ///
    /// # Errors
    /// [`Error::Recipe`] if it holds what YAML cannot.
    pub fn to_yaml(&self) -> Result<String> {
        serde_saphyr::to_string(self).map_err(|error| syntax(&error.to_string()))
    }

    /// Checks every plugin that the recipe names, before any work starts.
    ///
    /// # Errors
    /// [`Error::Settings`] with the method or the field that names the plugin.
    pub fn check_plugins(&self, registry: &Registry) -> Result<()> {
        for method in &self.methods {
            let place = |error: Error| error.at(format!("method {:?}", method.name));
            registry.check(&method.aggregator).map_err(|error| place(error.into()))?;
            if let Some(verifier) = &method.verifier {
                registry.check(verifier).map_err(|error| place(error.into()))?;
            }
        }
        registry.check(&self.evaluate.answers).map_err(|error| Error::from(error).at("evaluate.answers"))
    }

    /// Checks what the format alone cannot: version, names, and that each method has one source of rewards.
    ///
    /// # Errors
    /// [`Error::Recipe`] or [`Error::Evaluation`] with the field.
    pub fn check(self) -> Result<Self> {
        let wrong =
            |field: String, message: &str| Err(RecipeError::Field { field, message: message.to_owned() }.into());
        if self.version != VERSION {
            return wrong(
                "version".to_owned(),
                &format!("it is {}, and this program reads version {VERSION}", self.version),
            );
        }
        let mut names = HashSet::new();
        for (place, method) in self.methods.iter().enumerate() {
            if method.verifier.is_some() != method.rewards.is_empty() {
                return wrong(
                    format!("methods.{place}"),
                    &format!("the method {:?} needs exactly one of `verifier` and `rewards`", method.name),
                );
            }
            if !names.insert(&method.name) {
                return wrong(format!("methods.{place}.name"), &format!("two methods are called {:?}", method.name));
            }
        }
        self.evaluate.check()?;
        Ok(self)
    }

    fn resolve_paths(&mut self, folder: &Path) {
        let location = |text: &mut String| {
            if !text.starts_with("hf://") {
                *text = folder.join(&*text).to_string_lossy().into_owned();
            }
        };
        location(&mut self.data.path);
        self.methods.iter_mut().flat_map(|method| &mut method.rewards).for_each(location);
        let path = |path: &mut PathBuf| *path = folder.join(&*path);
        path(&mut self.out);
        self.plugins.iter_mut().for_each(path);
        self.folder = folder.to_owned();
    }

    /// Makes the paths in plugins' settings relative to where the caller stands, by the plugins' schemas.
    #[cfg(feature = "data")]
    pub(crate) fn resolve_settings(&mut self, registry: &Registry) {
        let folder = std::mem::take(&mut self.folder);
        for method in &mut self.methods {
            registry.resolve_locations(&mut method.aggregator, &folder);
            if let Some(verifier) = &mut method.verifier {
                registry.resolve_locations(verifier, &folder);
            }
        }
        registry.resolve_locations(&mut self.evaluate.answers, &folder);
    }
}

fn syntax(message: &str) -> Error {
    RecipeError::Syntax { path: None, message: with_suggestion(message) }.into()
}
