//! A test set and its rewards, as the commands name them that look at both.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use touchstone::recipe::{Data, Method, VERSION};
use touchstone::study::Study;
use touchstone::{Category, Context, Recipe, evaluation};

/// Which test set, and whose rewards.
#[derive(clap::Args)]
pub struct Scored {
    /// The test set: a file, a folder, or hf://namespace/name@revision
    #[arg(long)]
    pub data: Option<String>,
    /// A method: its name, how its rewards are aggregated, and where they lie (several paths are replicates)
    #[arg(long = "rewards", value_name = "NAME:AGGREGATOR[{key=value,…}]=PATH[,PATH…]", requires = "data")]
    pub methods: Vec<String>,
    /// The categories to show (default: all)
    #[arg(long, value_delimiter = ',')]
    pub categories: Vec<String>,
    /// The first so many questions of each category (default: all)
    #[arg(long, value_name = "N")]
    pub questions: Option<NonZeroUsize>,
}

impl Scored {
    /// The methods that were named.
    pub fn methods(&self) -> touchstone::Result<Vec<Method>> {
        self.methods.iter().map(|text| text.parse()).collect()
    }

    /// The study of these methods on this data, under these settings.
    pub fn study(
        &self,
        context: &Context,
        data: &str,
        methods: Vec<Method>,
        evaluate: evaluation::Settings,
    ) -> touchstone::Result<Study> {
        let recipe = Recipe {
            version: VERSION,
            plugins: Vec::new(),
            data: Data { path: data.to_owned(), categories: Vec::new(), questions: None },
            methods,
            evaluate,
            out: PathBuf::new(),
            folder: PathBuf::new(),
        };
        self.study_of(context, recipe)
    }

    /// The study of a recipe, with no more than the categories and questions that were named.
    pub fn study_of(&self, context: &Context, mut recipe: Recipe) -> touchstone::Result<Study> {
        if !self.categories.is_empty() {
            recipe.data.categories = self.categories.iter().map(|name| Category::new(name.as_str())).collect();
        }
        recipe.data.questions = self.questions.or(recipe.data.questions);
        Study::open(context, recipe.check()?)
    }
}
