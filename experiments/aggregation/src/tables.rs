//! The result as tables: everything as CSV, and what a reader looks for as Markdown.

use touchstone::evaluation::document::OVERALL;
use touchstone_experiment::{Sheet, interval, number};

use crate::cells::{Cells, shown};

const COLUMNS: [&str; 14] = [
    "model",
    "aggregator",
    "category",
    "questions",
    "n",
    "best_of_n",
    "low",
    "high",
    "difference_to_paper",
    "difference_low",
    "difference_high",
    "p",
    "auroc",
    "majority_vote",
];

/// A row for each model, aggregator, category and N.
pub fn csv(found: &[Cells]) -> Sheet {
    let mut sheet = Sheet::new(COLUMNS);
    for cells in found {
        for method in cells.methods() {
            for category in cells.categories() {
                for &n in cells.n() {
                    sheet.push(row(cells, method, category, n));
                }
            }
        }
    }
    sheet
}

fn row(cells: &Cells, method: &str, category: &str, n: usize) -> [String; 14] {
    let plain = |value: Option<f64>| value.map(|value| format!("{value:.4}")).unwrap_or_default();
    let bounds = |interval: Option<[f64; 2]>| [interval.map(|[low, _]| low), interval.map(|[_, high]| high)].map(plain);
    let accuracy = cells.best_of(method, n, category);
    let [low, high] = bounds(accuracy.and_then(|accuracy| accuracy.interval));
    let difference = cells.difference(method, n, category);
    let [difference_low, difference_high] = bounds(difference.and_then(|difference| difference.interval));
    [
        cells.model.clone(),
        cells.aggregator(method).to_owned(),
        category.to_owned(),
        cells.questions(category).to_string(),
        n.to_string(),
        plain(accuracy.map(shown)),
        low,
        high,
        plain(difference.map(|difference| difference.points)),
        difference_low,
        difference_high,
        plain(difference.and_then(|difference| difference.p)),
        plain(cells.auroc(method, category).map(|(auroc, _)| auroc)),
        plain(cells.majority(n, category).map(shown)),
    ]
}

/// For each model: its aggregators overall, and by category at the largest N.
pub fn markdown(found: &[Cells]) -> String {
    found.iter().map(|cells| format!("{}\n{}", overall(cells), by_category(cells))).collect::<Vec<_>>().join("\n")
}

fn overall(cells: &Cells) -> String {
    let largest = cells.largest();
    let sizes = cells.n().iter().map(|n| format!("Best-of-{n}"));
    let more = [format!("against the paper's, N = {largest}"), "AUROC".to_owned()];
    let mut sheet = Sheet::new(std::iter::once(cells.model.clone()).chain(sizes).chain(more));
    for method in cells.methods() {
        let accuracies = cells.n().iter().map(|n| {
            let accuracy = cells.best_of(method, *n, OVERALL);
            accuracy.map_or_else(|| "–".to_owned(), |accuracy| interval(shown(accuracy), accuracy.interval, 1))
        });
        let difference = match cells.difference(method, largest, OVERALL) {
            Some(difference) => signed(difference.points, difference.interval),
            None => "the paper's".to_owned(),
        };
        let auroc = cells.auroc(method, OVERALL);
        let auroc = auroc.map_or_else(|| "–".to_owned(), |(auroc, bounds)| interval(auroc, bounds, 3));
        let name = std::iter::once(format!("`{}`", cells.aggregator(method)));
        sheet.push(name.chain(accuracies).chain([difference, auroc]));
    }
    let majority = |n: usize| cells.majority(n, OVERALL);
    let votes = cells.n().iter().map(|n| number(majority(*n).map(shown), 1));
    sheet.push(std::iter::once("majority vote".to_owned()).chain(votes).chain(["–".to_owned(), "–".to_owned()]));
    sheet.markdown()
}

/// The best aggregator of a category stands in bold; an asterisk follows where the interval of its difference to the paper's
/// choice leaves 0 out.
fn by_category(cells: &Cells) -> String {
    let n = cells.largest();
    let names = cells.methods().iter().map(|method| format!("`{}`", cells.aggregator(method)));
    let mut sheet = Sheet::new(std::iter::once(format!("{}, Best-of-{n}", cells.model)).chain(names));
    for category in cells.categories().skip(1).chain([OVERALL]) {
        let value = |method: &String| cells.best_of(method, n, category).map(shown);
        let best = cells.methods().iter().filter_map(value).fold(f64::NEG_INFINITY, f64::max);
        let cell = |method: &String| {
            let Some(accuracy) = value(method) else { return "–".to_owned() };
            let clear = cells.difference(method, n, category).is_some_and(|difference| difference.is_clear());
            let text = format!("{accuracy:.1}{}", if clear { "\\*" } else { "" });
            // Equal up to rounding in the expectation.
            if best - accuracy < 1e-9 { format!("**{text}**") } else { text }
        };
        sheet.push(std::iter::once(category.to_owned()).chain(cells.methods().iter().map(cell)));
    }
    sheet.markdown()
}

fn signed(value: f64, bounds: Option<[f64; 2]>) -> String {
    match bounds {
        Some([low, high]) => format!("{value:+.1} [{low:+.1}, {high:+.1}]"),
        None => format!("{value:+.1}"),
    }
}
