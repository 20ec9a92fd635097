//! How methods, strategies and categories are named in the report.

use touchstone::Category;
use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::{OVERALL, Strategy};

use super::table::Choice;

/// The strategy in a table's column of its own.
pub fn strategy(strategy: Strategy) -> String {
    match strategy {
        Strategy::PassAtN => "ceiling".to_owned(),
        other => other.to_string(),
    }
}

/// A method with its strategy, in running text and single columns.
pub fn label(method: &str, strategy: Strategy) -> String {
    match strategy {
        Strategy::MajorityVote | Strategy::PassAtN => strategy.to_string(),
        Strategy::BestOfN | Strategy::WeightedVote => format!("{method} ({strategy})"),
    }
}

/// A category's name over columns and in choices.
pub fn category(name: &str) -> String {
    if name == OVERALL { "Overall".to_owned() } else { Category::new(name).title() }
}

/// Overall and the categories; a single category is the same as overall and goes by its own name.
pub fn categories(evaluation: &Evaluation) -> Vec<Choice> {
    let choice = |name: &str, title: &str| Choice { value: name.to_owned(), title: category(title) };
    match evaluation.data.categories.as_slice() {
        [single] => vec![choice(OVERALL, single.name.as_str())],
        several => std::iter::once(choice(OVERALL, OVERALL))
            .chain(several.iter().map(|summary| choice(summary.name.as_str(), summary.name.as_str())))
            .collect(),
    }
}

/// The categories that rows of a table name, in their order and under their titles.
pub fn categories_among<'a>(evaluation: &Evaluation, names: impl Iterator<Item = &'a str> + Clone) -> Vec<Choice> {
    categories(evaluation).into_iter().filter(|choice| names.clone().any(|name| name == choice.value)).collect()
}
