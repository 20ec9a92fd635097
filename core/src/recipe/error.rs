//! What may be wrong with a recipe.

use std::path::PathBuf;

/// A recipe is wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// It is not YAML or TOML of the recipe's shape.
    #[error("the recipe {} is wrong: {message}", origin(path))]
    Syntax {
        /// The recipe's file, where it came from one.
        path: Option<PathBuf>,
        /// What is wrong and where.
        message: String,
    },
    /// A method on the command line is not of its form.
    #[error("the method {argument:?} is not understood: {message}")]
    Argument {
        /// What was written.
        argument: String,
        /// What is wrong, and the form.
        message: String,
    },
    /// It is well formed but does not make sense.
    #[error("the recipe field {field} is wrong: {message}")]
    Field {
        /// The path of the field, as in `methods.2.rewards`.
        field: String,
        /// What is wrong and what to do.
        message: String,
    },
}

fn origin(path: &Option<PathBuf>) -> String {
    path.as_ref().map(|path| path.display().to_string()).unwrap_or_else(|| "text".to_owned())
}
