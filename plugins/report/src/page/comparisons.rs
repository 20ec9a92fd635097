//! The table of comparisons, with each interval drawn on an axis that its category shares.

use std::collections::HashMap;

use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::Comparison;

use super::method;
use super::number::{NONE, exact, p_value, signed};
use super::table::{Cell, Column, Filter, FilterField, Row, Span, Table};

/// The table; none without comparisons.
pub fn table(evaluation: &Evaluation) -> Option<Table> {
    let comparisons = &evaluation.comparisons;
    if comparisons.is_empty() {
        return None;
    }
    // One axis a category: those with few questions have wide intervals, which would squeeze overall's.
    let mut reaches: HashMap<&str, f64> = HashMap::new();
    for comparison in comparisons {
        let widest = reaches.entry(&comparison.category).or_default();
        *widest = widest.max(reach(comparison));
    }
    let names = comparisons.iter().map(|comparison| comparison.category.as_str());
    Some(Table {
        id: "comparisons",
        caption:
            "Paired differences in percentage points, on the same questions and draws. Intervals and p-values are of \
                  each pair alone, not corrected for how many pairs are listed."
                .to_owned(),
        columns: vec![
            Column::text("Method"),
            Column::text("against"),
            Column::number("N").redundant_under(FilterField::N),
            Column::text("Category").redundant_under(FilterField::Category),
            Column::number("Difference").hint("Accuracy of the method minus that of the other, in percentage points"),
            Column::number("95 % interval").hint("Paired bootstrap over questions"),
            Column::interval("Interval drawn").hint("The line marks no difference"),
            Column::number("p").hint("Two-sided, by a paired test over questions"),
        ],
        filters: vec![
            Filter::by_n(comparisons.iter().map(|comparison| comparison.n)),
            Filter::by_category(method::categories_among(evaluation, names)),
        ],
        rows: comparisons.iter().map(|comparison| row(comparison, reaches[comparison.category.as_str()])).collect(),
    })
}

fn row(comparison: &Comparison, reach: f64) -> Row {
    let interval = comparison.interval.filter(|ends| ends.iter().all(|end| end.is_finite()));
    let between = |[low, high]: [f64; 2]| Cell {
        text: format!("{} to {}", signed(low, 1), signed(high, 1)),
        value: Some(low),
        detail: Some(format!("{} to {}", exact(low), exact(high))),
        ..Cell::default()
    };
    let drawn = |ends| Cell {
        value: Some(comparison.difference),
        interval: Some(span(comparison.difference, ends, reach)),
        ..Cell::default()
    };
    let p = comparison.p.filter(|p| p.is_finite());
    Row {
        n: Some(comparison.n),
        category: Some(comparison.category.clone()),
        cells: vec![
            Cell::text(method::label(&comparison.first.method, comparison.first.strategy)),
            Cell::text(method::label(&comparison.second.method, comparison.second.strategy)),
            Cell::count(comparison.n),
            Cell::text(method::category(&comparison.category)),
            Cell { text: signed(comparison.difference, 1), ..Cell::number(Some(comparison.difference), 1) },
            interval.map_or_else(|| Cell::text(NONE), between),
            interval.filter(|_| comparison.difference.is_finite()).map_or_else(Cell::default, drawn),
            Cell { text: p.map_or_else(|| NONE.to_owned(), p_value), ..Cell::number(p, 3) },
        ],
    }
}

/// How far from zero the comparison's values go.
fn reach(comparison: &Comparison) -> f64 {
    let [low, high] = comparison.interval.unwrap_or_default();
    [comparison.difference, low, high].into_iter().filter(|value| value.is_finite()).map(f64::abs).fold(0.0, f64::max)
}

/// The interval on an axis that goes as far to either side as the farthest of all.
fn span(difference: f64, [low, high]: [f64; 2], reach: f64) -> Span {
    let place = |value: f64| if reach > 0.0 { ((value / reach).clamp(-1.0, 1.0) * 48.0 + 50.0).round() } else { 50.0 };
    Span { zero: 50.0, middle: place(difference), low: place(low), high: place(high) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_difference_is_in_the_middle_and_the_farthest_end_near_the_edge() {
        assert_eq!(span(2.0, [-1.0, 4.0], 4.0), Span { zero: 50.0, middle: 74.0, low: 38.0, high: 98.0 });
        assert_eq!(span(0.0, [0.0, 0.0], 0.0), Span { zero: 50.0, middle: 50.0, low: 50.0, high: 50.0 });
    }
}
