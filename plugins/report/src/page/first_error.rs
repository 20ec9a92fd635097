//! The table of how well step rewards find the first wrong step.

use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::FirstError;

use super::method;
use super::table::{Cell, Column, Filter, FilterField, Row, Table};

/// The table; none where the data has no step labels.
pub fn table(evaluation: &Evaluation) -> Option<Table> {
    let entries = &evaluation.first_error;
    if entries.is_empty() {
        return None;
    }
    let names = entries.iter().map(|entry| entry.category.as_str());
    Some(Table {
        id: "first-error",
        caption: "Finding the first wrong step, in percent. F1 is the harmonic mean of the two accuracies.".to_owned(),
        columns: vec![
            Column::text("Method"),
            Column::text("Category").redundant_under(FilterField::Category),
            Column::number("Threshold").hint("The reward below which a step counts as wrong"),
            Column::number("Wrong CoTs"),
            Column::number("found exactly").hint("CoTs whose first wrong step was found exactly"),
            Column::number("Right CoTs"),
            Column::number("left alone").hint("CoTs without a wrong step in which none was called wrong"),
            Column::number("F1"),
        ],
        filters: vec![Filter::by_category(method::categories_among(evaluation, names))],
        rows: entries.iter().map(row).collect(),
    })
}

fn row(entry: &FirstError) -> Row {
    let percent = |share: Option<f64>| Cell::number(share.map(|share| share * 100.0), 1);
    Row {
        n: None,
        category: Some(entry.category.clone()),
        cells: vec![
            Cell::text(&entry.method),
            Cell::text(method::category(&entry.category)),
            Cell::number(Some(entry.threshold), 2),
            Cell::count(entry.wrong_cots),
            percent(entry.wrong_accuracy),
            Cell::count(entry.right_cots),
            percent(entry.right_accuracy),
            percent(entry.f1),
        ],
    }
}
