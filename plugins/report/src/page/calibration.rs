//! How well values tell right CoTs from wrong ones: the table, and a reliability diagram for each method.

use serde::Serialize;
use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::{Calibration, CalibrationBin, OVERALL};

use super::method;
use super::number::{count, exact, rounded};
use super::table::{Cell, Column, Filter, FilterField, Row, Table};

/// The table; none without calibration.
pub fn table(evaluation: &Evaluation) -> Option<Table> {
    let entries = &evaluation.calibration;
    if entries.is_empty() {
        return None;
    }
    let names = entries.iter().map(|entry| entry.category.as_str());
    Some(Table {
        id: "calibration",
        caption: "Aggregated values against whether the CoT's final answer is right.".to_owned(),
        columns: vec![
            Column::text("Method"),
            Column::text("Category").redundant_under(FilterField::Category),
            Column::number("CoTs"),
            Column::number("right %").hint("The share of CoTs whose final answer is right"),
            Column::number("AUROC")
                .hint("Chance that a right CoT has a higher value than a wrong one; 0.5 is guessing"),
            Column::number("Brier").hint("Mean squared difference of value and outcome; lower is better"),
            Column::number("ECE").hint("Expected calibration error over ten bins; lower is better"),
        ],
        filters: vec![Filter::by_category(method::categories_among(evaluation, names))],
        rows: entries.iter().map(row).collect(),
    })
}

fn row(entry: &Calibration) -> Row {
    let right = (entry.cots > 0).then(|| entry.right as f64 / entry.cots as f64 * 100.0);
    let mut auroc = Cell::number(entry.auroc, 3);
    if let (Some(value), Some([low, high])) = (entry.auroc, entry.auroc_interval) {
        auroc = auroc.detail(format!("{}\n95 % interval: {} to {}", exact(value), exact(low), exact(high)));
    }
    if let Some([low, high]) = entry.auroc_interval {
        auroc.text = format!("{} ({} to {})", auroc.text, rounded(low, 3), rounded(high, 3));
    }
    Row {
        n: None,
        category: Some(entry.category.clone()),
        cells: vec![
            Cell::text(&entry.method),
            Cell::text(method::category(&entry.category)),
            Cell::count(entry.cots),
            Cell::number(right, 1).detail(format!("{} of {}", count(entry.right), count(entry.cots))),
            auroc,
            Cell::number(entry.brier, 3),
            Cell::number(entry.ece, 3),
        ],
    }
}

/// Mean value against the share of right CoTs, bin by bin, for one method.
#[derive(Serialize)]
pub struct Reliability {
    method: String,
    points: Vec<ReliabilityPoint>,
}

/// A bin, placed on axes from 0 to 100.
#[derive(Serialize)]
struct ReliabilityPoint {
    x: f64,
    y: f64,
    radius: f64,
    detail: String,
}

/// The diagrams of all methods whose values are probabilities, overall.
pub fn reliability(evaluation: &Evaluation) -> Vec<Reliability> {
    let overall = evaluation.calibration.iter().filter(|entry| entry.category == OVERALL);
    overall
        .map(|entry| Reliability { method: entry.method.clone(), points: points(entry) })
        .filter(|diagram| !diagram.points.is_empty())
        .collect()
}

fn points(entry: &Calibration) -> Vec<ReliabilityPoint> {
    let most = entry.bins.iter().map(|bin| bin.cots).max().unwrap_or(0).max(1) as f64;
    let point = |bin: &CalibrationBin| {
        let (value, share) = (bin.mean_value?, bin.right_share?);
        let tenth = |place: f64| (place * 10.0).round() / 10.0;
        Some(ReliabilityPoint {
            x: tenth(value * 100.0),
            y: tenth(100.0 - share * 100.0),
            // The area shows how many CoTs there are; even one can be seen.
            radius: tenth(1.5 + 4.0 * (bin.cots as f64 / most).sqrt()),
            detail: format!(
                "Values {} to {}: {} CoTs, mean value {}, right {} %",
                exact(bin.from),
                exact(bin.to),
                count(bin.cots),
                rounded(value, 3),
                rounded(share * 100.0, 1)
            ),
        })
    };
    entry.bins.iter().filter_map(point).collect()
}
