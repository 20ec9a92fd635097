//! Figures of evaluations: intervals and replicates.

use serde_json::json;
use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::Strategy;
use touchstone_report::figure::{FigureSettings, MethodKind, Table, draw};

use crate::{assert_legible, texts};

const CATEGORIES: [&str; 3] = ["overall", "law", "computer_science"];

/// An evaluation of two reward methods by both strategies, the second with replicates.
pub fn evaluation() -> Evaluation {
    let methods = [
        ("MV", "majority_vote", 1),
        ("dORM", "best_of_n", 1),
        ("gPRM", "best_of_n", 3),
        ("dORM", "weighted_vote", 1),
        ("gPRM", "weighted_vote", 3),
        ("Pass@N", "pass_at_n", 1),
    ];
    let mut accuracy = Vec::new();
    for (m, (method, strategy, replicates)) in methods.iter().enumerate() {
        for n in [1, 2, 4, 8, 16] {
            for (c, category) in CATEGORIES.iter().enumerate() {
                let mean = 40.0 + 3.0 * c as f64 + (1.0 + m as f64) * f64::from(n).log2();
                let wide = 2.0 + c as f64;
                accuracy.push(json!({
                    "method": method, "strategy": strategy, "n": n, "category": category, "mean": mean, "std": 1.0,
                    "expected": null, "interval": [mean - wide, mean + wide], "replicates": [],
                    "replicate_std": if *replicates > 1 { Some(1.5) } else { None },
                }));
            }
        }
    }
    let summary = |(name, strategy, replicates): &(&str, &str, usize)| json!({ "name": name, "strategy": strategy, "aggregator": null, "replicates": replicates, "rewards": [] });
    let category = |name: &&str| json!({ "name": name, "questions": 25, "cots": 400 });
    let document = json!({
        "version": 1,
        "data": {
            "path": "test", "fingerprint": "f", "questions": 50, "cots": 800,
            "categories": CATEGORIES[1..].iter().map(category).collect::<Vec<_>>(), "empty_categories": [],
        },
        "settings": { "n": [1, 2, 4, 8, 16] },
        "methods": methods.iter().map(summary).collect::<Vec<_>>(),
        "accuracy": accuracy, "comparisons": [], "calibration": [], "first_error": [], "by_length": [],
        "missing": { "answers": 0, "unreadable_answers": 0, "questions_left_out": 0, "methods": [] },
    });
    serde_json::from_value(document).unwrap()
}

#[test]
fn a_strategy_is_shown_with_majority_vote_and_pass_at_n_beside_it() {
    let best = Table::from_evaluation(&evaluation(), Strategy::BestOfN).unwrap();
    let kinds: Vec<_> = best.methods().iter().map(|method| (method.name.as_str(), method.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("MV", MethodKind::MajorityVote),
            ("dORM", MethodKind::Reward),
            ("gPRM", MethodKind::Reward),
            ("Pass@N", MethodKind::PassAtN)
        ]
    );
    let titles: Vec<_> = best.panels().iter().map(|panel| panel.subject.title()).collect();
    assert_eq!(titles, ["Overall", "Law", "Computer Science"]);
    let weighted = Table::from_evaluation(&evaluation(), Strategy::WeightedVote).unwrap();
    let last = |table: &Table| table.panels()[0].curves[1][4].mean;
    assert_eq!((last(&best), last(&weighted)), (48.0, 56.0));
}

#[test]
fn intervals_become_bands_and_replicates_bars() {
    let table = Table::from_evaluation(&evaluation(), Strategy::BestOfN).unwrap();
    let drawing = draw(&table, &FigureSettings::default()).unwrap();
    assert_legible(&drawing.figure);
    let svg = drawing.figure.inline_svg();
    // Three curves in three panels have bands; Pass@N is not drawn.
    assert_eq!(svg.matches("<polygon opacity=\"0.13\"").count(), 9);
    let named = |name: &str| texts(&drawing.legend).iter().any(|one| one.text == name);
    assert!(named("95% interval") && named("±1 SD over replicates"));

    let settings = FigureSettings { intervals: false, spread: false, ..FigureSettings::default() };
    let plain = draw(&table, &settings).unwrap();
    assert!(!plain.figure.inline_svg().contains("opacity=\"0.13\""));
    assert_eq!(texts(&plain.legend).len(), 3);
    let bars = |svg: &str| svg.matches("stroke-width=\"13\"").count();
    // Three strokes for each of five values in three panels, and the legend's.
    assert_eq!((bars(&svg), bars(&plain.figure.inline_svg())), (3 * (5 * 3 + 1), 0));
}

#[test]
fn a_gap_in_the_evaluation_is_named() {
    let mut gap = evaluation();
    gap.accuracy.retain(|one| !(one.method == "gPRM" && one.n == 4 && one.category == "law"));
    let error = Table::from_evaluation(&gap, Strategy::BestOfN).unwrap_err().to_string();
    assert!(error.starts_with("method \"gPRM\" has no accuracy at N = 4 in Law"), "{error}");
    let mut none = evaluation();
    none.methods.retain(|method| method.strategy != Strategy::WeightedVote);
    assert!(Table::from_evaluation(&none, Strategy::WeightedVote).is_err());
}
