//! Made-up evaluations of any size: the numbers are smooth functions of their place, the same in every run.

use touchstone::PluginSpec;
use touchstone::evaluation::document::{
    Accuracy, ByLength, Calibration, CalibrationBin, CategorySummary, Comparison, DataSummary, FirstError, MethodRef,
    MethodSummary, Missing, MissingRewards, OVERALL, Strategy, VERSION,
};
use touchstone::evaluation::{Evaluation, Settings};
use touchstone::{Category, PAPER_ORDER, Templates};
use touchstone_report::page::{self, Figure, Report};

/// The paper's study in shape: 14 categories, 4 methods, nothing missing.
pub fn paper() -> Evaluation {
    evaluation(&PAPER_ORDER, &["dORM", "dPRM", "gORM", "gPRM"])
}

/// An evaluation of these categories and reward methods.
pub fn evaluation(categories: &[&str], methods: &[&str]) -> Evaluation {
    let settings = Settings::default();
    let summaries = summaries(methods);
    let categories: Vec<Category> = categories.iter().map(|name| Category::new(*name)).collect();
    let with_overall: Vec<&str> = std::iter::once(OVERALL).chain(categories.iter().map(Category::as_str)).collect();
    Evaluation {
        version: VERSION,
        data: DataSummary {
            path: "data/mmlu_pro_16/test".to_owned(),
            fingerprint: "9f2c41d07be85a63".to_owned(),
            questions: 25 * categories.len(),
            cots: 400 * categories.len(),
            categories: categories
                .iter()
                .map(|name| CategorySummary { name: name.clone(), questions: 25, cots: 400 })
                .collect(),
            empty_categories: Vec::new(),
        },
        accuracy: accuracies(&summaries, &settings.n, &with_overall),
        comparisons: comparisons(&summaries, &settings.n, &with_overall),
        calibration: calibration(methods, &with_overall),
        first_error: Vec::new(),
        by_length: methods.iter().flat_map(|method| by_length(method)).collect(),
        missing: Missing {
            methods: methods
                .iter()
                .map(|method| MissingRewards { method: (*method).to_owned(), ..MissingRewards::default() })
                .collect(),
            ..Missing::default()
        },
        methods: summaries,
        settings,
    }
}

/// An evaluation in which everything that may be absent is.
pub fn bare() -> Evaluation {
    let mut evaluation = evaluation(&["test"], &["gORM"]);
    evaluation.comparisons.clear();
    evaluation.calibration.clear();
    evaluation.by_length.clear();
    evaluation.missing.methods.clear();
    for entry in &mut evaluation.accuracy {
        (entry.expected, entry.interval) = (None, None);
    }
    evaluation
}

/// Adds everything that can be missing, step labels and replicates.
pub fn with_everything(mut evaluation: Evaluation) -> Evaluation {
    evaluation.missing.answers = 37;
    evaluation.missing.unreadable_answers = 1;
    evaluation.missing.questions_left_out = 2;
    evaluation.data.empty_categories = vec![Category::new("astrology")];
    if let Some(method) = evaluation.missing.methods.first_mut() {
        (method.rewards, method.empty_cots, method.absent_cots, method.absent_questions) = (1204, 3, 1, 2);
    }
    if let Some(entry) = evaluation.calibration.first_mut() {
        (entry.brier, entry.ece, entry.auroc, entry.auroc_interval) = (None, None, None, None);
        entry.bins.clear();
    }
    evaluation.first_error = vec![FirstError {
        method: "dPRM".to_owned(),
        category: OVERALL.to_owned(),
        threshold: 0.5,
        wrong_cots: 120,
        wrong_accuracy: Some(0.4125),
        right_cots: 80,
        right_accuracy: Some(0.8375),
        f1: None,
    }];
    for entry in evaluation.accuracy.iter_mut().filter(|entry| entry.method == "gORM") {
        entry.replicates = vec![entry.mean - 0.5, entry.mean + 0.5];
        entry.replicate_std = Some(0.75);
    }
    evaluation
}

/// The page of an evaluation, with a figure, a recipe and a command.
pub fn page_of(evaluation: &Evaluation) -> String {
    render(&Report {
        title: "MMLU-Pro, 16 CoTs a question".to_owned(),
        evaluation,
        figures: vec![Figure {
            title: "Best-of-N".to_owned(),
            caption: "Accuracy by N, for each category and overall.".to_owned(),
            svg: FIGURE.to_owned(),
        }],
        recipe: Some("version: 1\ndata: { path: data/mmlu_pro_16/test }\nout: results\n".to_owned()),
        command: Some("touchstone run recipe.yaml".to_owned()),
        rewards: None,
    })
}

pub fn render(report: &Report<'_>) -> String {
    let mut templates = Templates::new();
    page::add_template(&mut templates).unwrap();
    page::render(report, &templates).unwrap()
}

const FIGURE: &str = concat!(
    r##"<svg xmlns="http://www.w3.org/2000/svg" width="640" height="160" viewBox="0 0 640 160">"##,
    r##"<rect id="a" width="640" height="160" fill="#fff"/><path d="M20 130L220 70L420 50L620 40" fill="none" stroke="#0072b2" stroke-width="3"/>"##,
    r##"</svg>"##
);

fn summaries(methods: &[&str]) -> Vec<MethodSummary> {
    let plain = |name: &str, strategy| MethodSummary {
        name: name.to_owned(),
        strategy,
        aggregator: None,
        replicates: 0,
        rewards: Vec::new(),
    };
    let reward = |name: &str, strategy| MethodSummary {
        aggregator: Some(PluginSpec::named(if name.contains("PRM") { "min" } else { "mean" })),
        replicates: 1,
        rewards: vec![format!("rewards/{name}")],
        ..plain(name, strategy)
    };
    let under = |strategy| methods.iter().map(move |name| reward(name, strategy));
    std::iter::once(plain("MV", Strategy::MajorityVote))
        .chain(under(Strategy::BestOfN))
        .chain(under(Strategy::WeightedVote))
        .chain(std::iter::once(plain("Pass@N", Strategy::PassAtN)))
        .collect()
}

/// A number between -1 and 1 that looks random.
fn wobble(seed: usize) -> f64 {
    (seed as f64 * 12.9898).sin()
}

fn mean(summary: &MethodSummary, place: usize, n: usize, category: usize) -> f64 {
    let gain = match summary.strategy {
        Strategy::MajorityVote => 2.2,
        Strategy::PassAtN => 8.4,
        Strategy::BestOfN => 2.4 + 0.5 * wobble(place),
        Strategy::WeightedVote => 2.7 + 0.4 * wobble(place + 1),
    };
    let start = 58.0 + if category == 0 { 0.0 } else { 16.0 * wobble(category) };
    (start + gain * (n as f64).log2() + 0.4 * wobble(place * 31 + n * 7 + category * 3)).min(99.0)
}

fn accuracies(summaries: &[MethodSummary], n_values: &[usize], categories: &[&str]) -> Vec<Accuracy> {
    let mut accuracies = Vec::new();
    for (place, summary) in summaries.iter().enumerate() {
        for &n in n_values {
            for (column, category) in categories.iter().enumerate() {
                let mean = mean(summary, place, n, column);
                let reach = if column == 0 { 2.4 } else { 9.0 };
                accuracies.push(Accuracy {
                    method: summary.name.clone(),
                    strategy: summary.strategy,
                    n,
                    category: (*category).to_owned(),
                    mean,
                    std: 1.5 + wobble(place + column).abs(),
                    expected: (summary.strategy != Strategy::WeightedVote).then_some(mean + 0.03125),
                    interval: Some([mean - reach, (mean + reach * 0.9).min(100.0)]),
                    replicates: Vec::new(),
                    replicate_std: None,
                });
            }
        }
    }
    accuracies
}

fn comparisons(summaries: &[MethodSummary], n_values: &[usize], categories: &[&str]) -> Vec<Comparison> {
    let name = |summary: &MethodSummary| MethodRef { method: summary.name.clone(), strategy: summary.strategy };
    let Some((majority, others)) = summaries.split_first() else { return Vec::new() };
    let mut comparisons = Vec::new();
    for &n in n_values {
        // As the evaluation has it: overall for every N, the categories for the largest only.
        let shown = if Some(&n) == n_values.last() { categories.len() } else { 1 };
        for (column, category) in categories.iter().take(shown).enumerate() {
            for (place, summary) in others.iter().enumerate().filter(|(_, other)| other.strategy != Strategy::PassAtN) {
                let difference = mean(summary, place + 1, n, column) - mean(majority, 0, n, column);
                let reach = if column == 0 { 1.3 } else { 5.0 };
                comparisons.push(Comparison {
                    n,
                    category: (*category).to_owned(),
                    first: name(summary),
                    second: name(majority),
                    difference,
                    interval: Some([difference - reach, difference + reach]),
                    p: Some((1.0 - difference.abs() / reach).clamp(0.0, 1.0)),
                });
            }
        }
    }
    comparisons
}

fn calibration(methods: &[&str], categories: &[&str]) -> Vec<Calibration> {
    let mut entries = Vec::new();
    for (place, method) in methods.iter().enumerate() {
        for (column, category) in categories.iter().enumerate() {
            let auroc = 0.72 + 0.08 * wobble(place * 5 + column);
            entries.push(Calibration {
                method: (*method).to_owned(),
                category: (*category).to_owned(),
                cots: if column == 0 { 5600 } else { 400 },
                right: if column == 0 { 3301 } else { 236 },
                auroc: Some(auroc),
                auroc_interval: Some([auroc - 0.03, auroc + 0.03]),
                brier: Some(0.2 + 0.02 * wobble(place)),
                ece: Some(0.08 + 0.05 * wobble(place + 2)),
                bins: (0..10).map(|bin| calibration_bin(bin, place)).collect(),
            });
        }
    }
    entries
}

fn calibration_bin(bin: usize, place: usize) -> CalibrationBin {
    let (from, to) = (bin as f64 / 10.0, (bin + 1) as f64 / 10.0);
    let middle = from + 0.05;
    let is_empty = bin == 1 && place == 0;
    CalibrationBin {
        from,
        to,
        cots: if is_empty { 0 } else { 120 + bin * bin * 14 },
        mean_value: (!is_empty).then_some(middle),
        right_share: (!is_empty).then(|| (middle.powf(0.6) * 0.8 + 0.05 * wobble(bin * 3 + place)).clamp(0.0, 1.0)),
    }
}

fn by_length(method: &str) -> Vec<ByLength> {
    let groups = [(1, 3), (4, 5), (6, 8), (9, 14), (15, 40)];
    groups
        .iter()
        .enumerate()
        .map(|(place, &(from_steps, to_steps))| ByLength {
            method: method.to_owned(),
            from_steps,
            to_steps,
            cots: 1400 - place * 140,
            accuracy: 66.0 - 4.5 * place as f64,
            mean_value: 0.71 - 0.04 * place as f64,
            auroc: (place < 4).then_some(0.74 - 0.01 * place as f64),
        })
        .collect()
}
