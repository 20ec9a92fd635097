//! The numbers behind the interactive chart, embedded in the page as JSON.

use serde::Serialize;
use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::{Accuracy, Strategy};

use super::accuracy::Accuracies;
use super::table::Choice;
use super::{embed, method};

#[derive(Serialize)]
struct Chart<'a> {
    n: Vec<usize>,
    categories: Vec<Choice>,
    series: Vec<Series<'a>>,
}

/// A line, once for each category.
#[derive(Serialize)]
struct Series<'a> {
    method: &'a str,
    strategy: Strategy,
    /// By category, then by N, both in the chart's order; null where there is no value.
    points: Vec<Vec<Option<Point>>>,
}

#[derive(Serialize)]
struct Point {
    mean: f64,
    std: f64,
    expected: Option<f64>,
    interval: Option<[f64; 2]>,
}

impl Point {
    fn of(entry: &Accuracy) -> Option<Self> {
        let &Accuracy { mean, std, expected, interval, .. } = entry;
        mean.is_finite().then_some(Self { mean, std, expected, interval })
    }
}

/// The chart's JSON, safe inside a script element; none without accuracies.
pub fn json(evaluation: &Evaluation) -> Option<String> {
    let accuracies = Accuracies::of(evaluation);
    let n = accuracies.n_values();
    if n.is_empty() {
        return None;
    }
    let categories = method::categories(evaluation);
    let series = evaluation
        .methods
        .iter()
        .map(|summary| Series {
            method: &summary.name,
            strategy: summary.strategy,
            points: categories
                .iter()
                .map(|category| {
                    n.iter().map(|&n| accuracies.get(summary, n, &category.value).and_then(Point::of)).collect()
                })
                .collect(),
        })
        .collect();
    embed::script_json(&Chart { n, categories, series })
}
