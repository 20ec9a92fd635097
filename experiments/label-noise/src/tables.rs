//! The result as tables and charts.

use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::{Accuracy, Calibration, OVERALL, Strategy};
use touchstone::recipe::Method;
use touchstone_experiment::{Sheet, interval};
use touchstone_report::figure::{Chart, Curve, Look, Point};

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
    fn held_out(&self) -> Vec<Point> {
        let point = |line: &str| {
            let (step, rest) = line.split_once(',')?;
            Some(Point { x: step.parse().ok()?, y: rest.rsplit_once(',')?.1.parse().ok()?, interval: None })
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
        "training",
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
                    trained.fingerprint.clone(),
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
    for (name, points) in lines(trained, evaluation) {
        let cells = points.iter().map(|point| interval(point.y, point.interval, 3));
        sheet.push(std::iter::once(name).chain(cells));
    }
    sheet.markdown()
}

/// AUROC by probability, with its interval.
pub fn auroc_chart(trained: &[Trained], evaluation: &Evaluation) -> Chart {
    let curves = lines(trained, evaluation).into_iter();
    Chart {
        title: "AUROC on the test set by the share of training labels that were flipped".to_owned(),
        x: "Probability that a label is flipped".to_owned(),
        y: "AUROC".to_owned(),
        curves: curves.map(|(name, points)| Curve { name, look: Look::Marked, points }).collect(),
    }
}

/// The loss on held-out questions with labels as they were, while training on flipped ones.
pub fn loss_chart(trained: &[Trained]) -> Chart {
    let curve = |trained: &Trained| Curve {
        name: format!("{}, p = {}", trained.model, trained.probability),
        look: Look::Marked,
        points: trained.held_out(),
    };
    let mut seen = Vec::new();
    let mut first = |trained: &&Trained| {
        let new = !seen.contains(&trained.fingerprint);
        seen.push(trained.fingerprint.clone());
        new
    };
    Chart {
        title: "Loss on held-out questions with their true labels, by training step".to_owned(),
        x: "Step".to_owned(),
        y: "Loss on true labels".to_owned(),
        curves: trained.iter().filter(|trained| first(trained)).map(curve).collect(),
    }
}

fn probabilities(trained: &[Trained]) -> Vec<f64> {
    let mut all: Vec<f64> = trained.iter().map(|trained| trained.probability).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// AUROC over all categories for each model and aggregator, by probability.
fn lines(trained: &[Trained], evaluation: &Evaluation) -> Vec<(String, Vec<Point>)> {
    let mut lines: Vec<(String, Vec<Point>)> = Vec::new();
    for one in trained {
        for [method, aggregator] in &one.methods {
            let name = format!("{}, {aggregator}", one.model);
            let Some(found) = overall(evaluation, method) else { continue };
            let Some(auroc) = found.auroc else { continue };
            let point = Point { x: one.probability, y: auroc, interval: found.auroc_interval };
            match lines.iter_mut().find(|(known, _)| *known == name) {
                Some((_, points)) => points.push(point),
                None => lines.push((name, vec![point])),
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
