//! Categories: the domains that a test set is divided into (law, math, …).

use std::fmt;

use serde::{Deserialize, Serialize};

/// MMLU-Pro's 14 categories in the order in which the paper prints them.
pub const PAPER_ORDER: [&str; 14] = [
    "law",
    "psychology",
    "chemistry",
    "biology",
    "physics",
    "history",
    "economics",
    "math",
    "business",
    "philosophy",
    "health",
    "engineering",
    "computer_science",
    "other",
];

/// The name of one category of a test set, as it is spelled in file names and split names (`computer_science`).
///
/// A set with a single category calls it `test`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Category(String);

impl Category {
    /// A category of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name, as in file names.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The title over a panel or column: `computer_science` becomes `Computer Science`.
    pub fn title(&self) -> String {
        self.0
            .split('_')
            .filter(|word| !word.is_empty())
            .map(|word| {
                let mut characters = word.chars();
                match characters.next() {
                    // A name that carries its own capitals (GPQA-diamond) keeps them.
                    Some(first) => first.to_uppercase().chain(characters).collect::<String>(),
                    None => String::new(),
                }
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// How prompts name the subject (spec of the paper's code): `computer_science` is "computer science", the
    /// mathematical training sets are "math", and a category that the paper does not know, `other` included, is
    /// nothing.
    pub fn subject(&self) -> Option<&str> {
        match self.0.as_str() {
            "computer_science" => Some("computer science"),
            "prm800k" | "gsm8k" | "math" | "olympiadbench" | "omnimath" => Some("math"),
            "other" => None,
            name if PAPER_ORDER.contains(&name) => Some(name),
            _ => None,
        }
    }

    /// Sorts categories as the paper prints them where all are the paper's, else alphabetically.
    pub fn sort(categories: &mut [Category]) {
        let place = |category: &Category| PAPER_ORDER.iter().position(|name| *name == category.0);
        if categories.iter().all(|category| place(category).is_some()) {
            categories.sort_by_key(place);
        } else {
            categories.sort();
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<&str> for Category {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_categories_sort_in_its_order_and_others_alphabetically() {
        let mut paper: Vec<Category> = ["math", "other", "law"].map(Category::from).into();
        Category::sort(&mut paper);
        assert_eq!(paper, ["law", "math", "other"].map(Category::from));
        let mut mixed: Vec<Category> = ["math", "zoology", "law"].map(Category::from).into();
        Category::sort(&mut mixed);
        assert_eq!(mixed, ["law", "math", "zoology"].map(Category::from));
    }

    #[test]
    fn titles_are_capitalised_words_and_keep_their_own_capitals() {
        assert_eq!(Category::new("computer_science").title(), "Computer Science");
        assert_eq!(Category::new("GPQA-diamond").title(), "GPQA-diamond");
        assert_eq!(Category::new("").title(), "");
    }

    #[test]
    fn an_unknown_category_has_no_subject() {
        assert_eq!(Category::new("other").subject(), None);
        assert_eq!(Category::new("zoology").subject(), None);
        assert_eq!(Category::new("gsm8k").subject(), Some("math"));
        assert_eq!(Category::new("law").subject(), Some("law"));
    }
}
