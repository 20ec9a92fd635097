//! The result as tables and pictures.

use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::{Accuracy, Calibration, OVERALL, Strategy};
use touchstone::recipe::Method;
use touchstone_experiment::{Sheet, interval};
use touchstone_report::figure::{Curve, draw_curves};

use crate::adapters::Adapter;
use crate::examples::Material;
use crate::recipe::Model;

/// A model that was trained at one probability.
pub struct Trained {
    model: String,
    probability: f64,
    rows: usize,
    wrong: f64,
    fingerprint: String,
    curve: String,
    /// Method and aggregator, as evaluated.
    methods: Vec<[String; 2]>,
}

impl Trained {
    /// What is told of a trained model.
    pub fn new(model: &Model, probability: f64, material: &Material, adapter: &Adapter, methods: &[Method]) -> Self {
        Self {
            model: model.name.clone(),
            probability,
            rows: material.training.len(),
            wrong: material.wrong,
            fingerprint: adapter.fingerprint.clone(),
            curve: adapter.curve.clone(),
            methods: methods.iter().map(|method| [method.name.clone(), method.aggregator.to_string()]).collect(),
        }
    }

    /// The clean held-out loss by step.
    fn held_out(&self) -> Vec<[f64; 2]> {
        let point = |line: &str| {
            let (step, rest) = line.split_once(',')?;
            Some([step.parse().ok()?, rest.rsplit_once(',')?.1.parse().ok()?])
        };
        self.curve.lines().skip(1).filter_map(point).collect()
    }
}

/// The file of a loss curve.
pub fn curve_file(model: &str, probability: f64) -> String {
    let plain = model.replace(", ", "_").replace(' ', "_");
    format!("{plain}_{probability}.csv")
}

/// A row for each model, probability, aggregator and category.
pub fn csv(trained: &[Trained], evaluation: &Evaluation) -> Sheet {
    let mut sheet = Sheet::new([
        "model",
        "noise",
        "aggregator",
        "category",
        "rows",
        "labels_flipped",
        "auroc",
        "low",
        "high",
        "best_of_16",
        "best_of_low",
        "best_of_high",
    ]);
    let plain = |value: Option<f64>| value.map(|value| format!("{value:.4}")).unwrap_or_default();
    let both = |interval: Option<[f64; 2]>| [interval.map(|[low, _]| low), interval.map(|[_, high]| high)].map(plain);
    for trained in trained {
        for [method, aggregator] in &trained.methods {
            for entry in evaluation.calibration.iter().filter(|entry| entry.method == *method) {
                let accuracy = accuracy(evaluation, method, &entry.category);
                let [low, high] = both(entry.auroc_interval);
                let [best_low, best_high] = both(accuracy.and_then(|accuracy| accuracy.interval));
                sheet.push([
                    trained.model.clone(),
                    trained.probability.to_string(),
                    aggregator.clone(),
                    entry.category.clone(),
                    trained.rows.to_string(),
                    plain(Some(trained.wrong)),
                    plain(entry.auroc),
                    low,
                    high,
                    plain(accuracy.map(|accuracy| accuracy.expected.unwrap_or(accuracy.mean))),
                    best_low,
                    best_high,
                ]);
            }
        }
    }
    sheet
}

/// AUROC over all categories by probability, one row for each model and aggregator.
pub fn markdown(trained: &[Trained], evaluation: &Evaluation) -> String {
    let probabilities = probabilities(trained);
    let columns = probabilities.iter().map(|probability| format!("p = {probability}"));
    let mut sheet = Sheet::new(std::iter::once("AUROC".to_owned()).chain(columns));
    for (name, cells) in lines(trained, evaluation) {
        let cells = cells.iter().map(|cell| interval(cell.auroc, cell.interval, 3));
        sheet.push(std::iter::once(name).chain(cells));
    }
    sheet.markdown()
}

/// The picture of AUROC by probability, as SVG.
pub fn draw_auroc(trained: &[Trained], evaluation: &Evaluation) -> touchstone_report::Result<String> {
    let curve = |(name, cells): (String, Vec<Cell>)| Curve {
        name,
        points: cells.iter().map(|cell| [cell.probability, cell.auroc]).collect(),
        marked: true,
    };
    let curves: Vec<Curve> = lines(trained, evaluation).into_iter().map(curve).collect();
    let axes = ["Probability that a label is flipped", "AUROC on the test set"];
    Ok(draw_curves("AUROC by the share of training labels that were flipped", axes, &curves)?.svg())
}

/// The picture of the loss on held-out questions with labels as they were, while training on flipped ones, as SVG.
pub fn draw_loss(trained: &[Trained]) -> touchstone_report::Result<String> {
    let mut seen = Vec::new();
    let mut curves = Vec::new();
    for one in trained {
        // Equal trainings have one curve.
        if !seen.contains(&&one.fingerprint) {
            seen.push(&one.fingerprint);
            let name = format!("{}, p = {}", one.model, one.probability);
            curves.push(Curve { name, points: one.held_out(), marked: true });
        }
    }
    Ok(draw_curves("Loss on held-out questions with their true labels", ["Step", "Loss on true labels"], &curves)?
        .svg())
}

/// The AUROC of one model at one probability.
struct Cell {
    probability: f64,
    auroc: f64,
    interval: Option<[f64; 2]>,
}

fn probabilities(trained: &[Trained]) -> Vec<f64> {
    let mut all: Vec<f64> = trained.iter().map(|trained| trained.probability).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// AUROC over all categories for each model and aggregator, by probability.
fn lines(trained: &[Trained], evaluation: &Evaluation) -> Vec<(String, Vec<Cell>)> {
    let mut lines: Vec<(String, Vec<Cell>)> = Vec::new();
    for one in trained {
        for [method, aggregator] in &one.methods {
            let name = format!("{}, {aggregator}", one.model);
            let Some(found) = overall(evaluation, method) else { continue };
            let Some(auroc) = found.auroc else { continue };
            let cell = Cell { probability: one.probability, auroc, interval: found.auroc_interval };
            match lines.iter_mut().find(|(known, _)| *known == name) {
                Some((_, cells)) => cells.push(cell),
                None => lines.push((name, vec![cell])),
            }
        }
    }
    lines
}

fn overall<'a>(evaluation: &'a Evaluation, method: &str) -> Option<&'a Calibration> {
    evaluation.calibration.iter().find(|entry| entry.method == method && entry.category == OVERALL)
}

fn accuracy<'a>(evaluation: &'a Evaluation, method: &str, category: &str) -> Option<&'a Accuracy> {
    let mut all = evaluation.accuracy.iter();
    all.find(|entry| entry.method == method && entry.strategy == Strategy::BestOfN && entry.category == category)
}
