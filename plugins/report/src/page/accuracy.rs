//! The table of accuracies: a row for each N and method, a column for each category.

use std::collections::HashMap;

use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::{Accuracy, MethodSummary, Strategy};

use super::method;
use super::number::{exact, rounded};
use super::table::{Cell, Choice, Column, Filter, FilterField, Row, Table};

/// The accuracies by method, strategy, N and category.
pub struct Accuracies<'a>(HashMap<Key<'a>, &'a Accuracy>);

#[derive(PartialEq, Eq, Hash)]
struct Key<'a> {
    method: &'a str,
    strategy: Strategy,
    n: usize,
    category: &'a str,
}

impl<'a> Accuracies<'a> {
    /// Those of an evaluation.
    pub fn of(evaluation: &'a Evaluation) -> Self {
        let key = |entry: &'a Accuracy| Key {
            method: &entry.method,
            strategy: entry.strategy,
            n: entry.n,
            category: &entry.category,
        };
        Self(evaluation.accuracy.iter().map(|entry| (key(entry), entry)).collect())
    }

    /// One of them.
    pub fn get(&self, method: &MethodSummary, n: usize, category: &str) -> Option<&'a Accuracy> {
        self.0.get(&Key { method: &method.name, strategy: method.strategy, n, category }).copied()
    }

    /// The values of N, ascending.
    pub fn n_values(&self) -> Vec<usize> {
        let mut values: Vec<usize> = self.0.keys().map(|key| key.n).collect();
        values.sort_unstable();
        values.dedup();
        values
    }
}

/// The table; none without accuracies.
pub fn table(evaluation: &Evaluation) -> Option<Table> {
    let accuracies = Accuracies::of(evaluation);
    let n_values = accuracies.n_values();
    if n_values.is_empty() {
        return None;
    }
    let categories = method::categories(evaluation);
    let mut columns = vec![
        Column::text("Method"),
        Column::text("Strategy"),
        Column::number("N").hint("CoTs drawn of each question").redundant_under(FilterField::N),
    ];
    columns.extend(categories.iter().map(|category| Column::number(&category.title)));
    let rows = n_values.iter().flat_map(|&n| rows(evaluation, &accuracies, &categories, n)).collect();
    Some(Table {
        id: "accuracy",
        caption:
            "Accuracy in percent, mean over runs. The highest of each column, as printed, is bold. Pass@N is the ceiling: \
                  right if any CoT is."
                .to_owned(),
        columns,
        filters: vec![Filter::by_n(n_values)],
        rows,
    })
}

fn rows(evaluation: &Evaluation, accuracies: &Accuracies<'_>, categories: &[Choice], n: usize) -> Vec<Row> {
    let best: Vec<f64> = categories
        .iter()
        .map(|category| {
            let contenders = evaluation.methods.iter().filter(|method| method.strategy != Strategy::PassAtN);
            contenders
                .filter_map(|method| accuracies.get(method, n, &category.value))
                .map(|entry| entry.mean)
                .fold(f64::NEG_INFINITY, f64::max)
        })
        .collect();
    let row = |method: &MethodSummary| {
        let mut cells = vec![Cell::text(&method.name), Cell::text(method::strategy(method.strategy)), Cell::count(n)];
        cells.extend(categories.iter().zip(&best).map(|(category, &best)| {
            let Some(entry) = accuracies.get(method, n, &category.value) else { return Cell::number(None, 1) };
            let is_best = method.strategy != Strategy::PassAtN && rounded(entry.mean, 1) == rounded(best, 1);
            Cell { is_best, ..Cell::number(Some(entry.mean), 1).detail(detail(entry, &category.title)) }
        }));
        Row { n: Some(n), category: None, cells }
    };
    evaluation.methods.iter().map(row).collect()
}

fn detail(entry: &Accuracy, category: &str) -> String {
    let mut lines = vec![
        format!("{}, N = {}, {category}", method::label(&entry.method, entry.strategy), entry.n),
        format!("Mean over runs: {} %", exact(entry.mean)),
        format!("Standard deviation: {}", exact(entry.std)),
    ];
    if let Some(expected) = entry.expected {
        lines.push(format!("Expected over all subsets: {} %", exact(expected)));
    }
    if let Some([low, high]) = entry.interval {
        lines.push(format!("95 % interval: {} to {}", exact(low), exact(high)));
    }
    if !entry.replicates.is_empty() {
        let means: Vec<String> = entry.replicates.iter().map(|mean| rounded(*mean, 3)).collect();
        lines.push(format!("Replicates: {}", means.join(", ")));
    }
    if let Some(std) = entry.replicate_std {
        lines.push(format!("Standard deviation over replicates: {}", exact(std)));
    }
    lines.join("\n")
}
