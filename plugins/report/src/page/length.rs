//! The table of accuracy by CoT length.

use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::ByLength;

use super::table::{Cell, Column, Row, Table};

/// The table; none without groups.
pub fn table(evaluation: &Evaluation) -> Option<Table> {
    let entries = &evaluation.by_length;
    if entries.is_empty() {
        return None;
    }
    Some(Table {
        id: "by-length",
        caption: "Single CoTs, grouped by their number of steps.".to_owned(),
        columns: vec![
            Column::text("Method"),
            Column::number("Steps"),
            Column::number("CoTs"),
            Column::number("right %").hint("The share of CoTs whose final answer is right"),
            Column::number("Mean value"),
            Column::number("AUROC").hint("Within the group"),
        ],
        filters: Vec::new(),
        rows: entries.iter().map(row).collect(),
    })
}

fn row(entry: &ByLength) -> Row {
    let steps = match entry.to_steps {
        to if to == entry.from_steps => to.to_string(),
        usize::MAX => format!("{} and more", entry.from_steps),
        to => format!("{} to {to}", entry.from_steps),
    };
    Row {
        cells: vec![
            Cell::text(&entry.method),
            Cell { value: Some(entry.from_steps as f64), ..Cell::text(steps) },
            Cell::count(entry.cots),
            Cell::number(Some(entry.accuracy), 1),
            Cell::number(Some(entry.mean_value), 3),
            Cell::number(entry.auroc, 3),
        ],
        ..Row::default()
    }
}
