//! How an experiment begins: its command line, its recipe, and the folder that paths are relative to.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Parser;
use serde::de::DeserializeOwned;
use touchstone::recipe::Data;
use touchstone::{Category, Context, Registry, Templates};

use crate::{Bench, Lines};

/// The command line of every experiment.
#[derive(Clone, Debug, Default, Parser)]
pub struct Arguments {
    /// The recipe; paths in it are relative to it [default: the experiment's own]
    pub recipe: Option<PathBuf>,
    /// Only these categories of the test set, to look at a part of the result
    #[arg(long, value_delimiter = ',')]
    pub categories: Vec<Category>,
    /// The folder for everything that is written, in place of those that the recipe names
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// An experiment that has read its recipe.
#[derive(Clone, Debug)]
pub struct Started<R> {
    /// The recipe.
    pub recipe: R,
    /// The command line.
    pub arguments: Arguments,
    /// The folder that the recipe's paths are relative to.
    pub folder: PathBuf,
}

/// Reads the command line and the recipe. `source` is the experiment's own folder, `env!("CARGO_MANIFEST_DIR")`: without a
/// recipe on the command line, the experiment runs there, on its `recipe.yaml`, so that what it writes names no path of the
/// machine that it ran on.
///
/// # Errors
/// A recipe that is not there, or that its type does not take.
pub fn start<R: DeserializeOwned>(source: &str) -> anyhow::Result<Started<R>> {
    let mut arguments = Arguments::parse();
    if arguments.recipe.is_none() {
        let here = std::env::current_dir()?;
        arguments.out = arguments.out.map(|out| here.join(out));
        std::env::set_current_dir(source)
            .with_context(|| format!("the experiment's folder {source} is gone: name a recipe"))?;
    }
    let path = arguments.recipe.clone().unwrap_or_else(|| PathBuf::from("recipe.yaml"));
    let text = std::fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
    let recipe = serde_saphyr::from_str(&text).with_context(|| format!("{} is no recipe", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    Ok(Started { recipe, arguments, folder })
}

impl<R> Started<R> {
    /// A folder that the recipe names for what the experiment writes: below `--out` where that is given.
    pub fn writes(&self, path: &Path) -> PathBuf {
        self.arguments.out.as_ref().unwrap_or(&self.folder).join(path)
    }

    /// A file or folder that the recipe names for reading.
    pub fn reads(&self, path: &str) -> String {
        match path.starts_with("hf://") {
            true => path.to_owned(),
            false => self.folder.join(path).to_string_lossy().into_owned(),
        }
    }

    /// Data that the recipe names, with the categories of the command line where it names some.
    pub fn data(&self, data: &Data) -> Data {
        let categories = match self.arguments.categories.is_empty() {
            true => data.categories.clone(),
            false => self.arguments.categories.clone(),
        };
        Data { path: self.reads(&data.path), categories, questions: data.questions }
    }

    /// A bench for this test set, with every plugin that the program links in. `templates` are those that its plugins bring.
    pub fn bench(&self, data: &Data, work: &Path, templates: Templates) -> Bench {
        let context = Context::new(Registry::builtin()).with_progress(Lines).with_templates(templates);
        Bench { context, data: self.data(data), work: self.writes(work), folder: self.folder.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(arguments: Arguments) -> Started<()> {
        Started { recipe: (), arguments, folder: "study".into() }
    }

    #[test]
    fn paths_of_a_recipe_are_relative_to_it_and_those_of_the_hub_stay() {
        let started = started(Arguments::default());
        assert_eq!(started.reads("data"), Path::new("study").join("data").to_string_lossy());
        assert_eq!(started.reads("hf://namespace/name"), "hf://namespace/name");
        assert_eq!(started.writes(Path::new("result")), Path::new("study/result"));
    }

    #[test]
    fn the_command_line_chooses_categories_and_where_everything_is_written() {
        let arguments = Arguments::parse_from(["experiment", "--categories", "law,math", "--out", "elsewhere"]);
        let started = started(arguments);
        let data = Data { path: "data".to_owned(), categories: vec![Category::new("physics")], questions: None };
        assert_eq!(started.data(&data).categories, ["law", "math"].map(Category::new));
        assert_eq!(started.writes(Path::new("work")), Path::new("elsewhere/work"));
    }
}
