//! Figures of evaluations: intervals and replicates.

use serde_json::json;
use touchstone::evaluation::Evaluation;
use touchstone::evaluation::document::Strategy;
use touchstone_report::figure::{FigureSettings, MethodKind, Table, draw, draw_by_length, draw_calibration};

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
        "accuracy": accuracy, "comparisons": [], "calibration": [calibration("dORM", true), calibration("gPRM", false)], "first_error": [], "by_length": by_length(),
        "missing": { "answers": 0, "unreadable_answers": 0, "questions_left_out": 0, "methods": [] },
    });
    serde_json::from_value(document).unwrap()
}

/// Calibration over all categories: with an empty bin, or of values that are no probabilities.
fn calibration(method: &str, probabilities: bool) -> serde_json::Value {
    let bin = |i: u32| {
        let (from, to) = (f64::from(i) / 10.0, f64::from(i + 1) / 10.0);
        let filled = i != 3;
        let (value, share) = (filled.then_some(from + 0.04), filled.then_some(to * to));
        json!({ "from": from, "to": to, "cots": 40 * u32::from(filled), "mean_value": value, "right_share": share })
    };
    let bins: Vec<_> = (0..10).map(bin).filter(|_| probabilities).collect();
    json!({
        "method": method, "category": "overall", "cots": 360, "right": 120, "auroc": 0.75, "auroc_interval": [0.7, 0.8],
        "brier": if probabilities { Some(0.2) } else { None }, "ece": if probabilities { Some(0.0812) } else { None },
        "bins": bins,
    })
}

/// Three lengths; the second method's AUROC does not exist for the longest.
fn by_length() -> Vec<serde_json::Value> {
    let group = |(method, from, to): (&str, usize, usize)| {
        let auroc = if method == "gPRM" && from == 9 { None } else { Some(0.8 - 0.01 * from as f64) };
        json!({
            "method": method, "from_steps": from, "to_steps": to, "cots": 90, "accuracy": 60.0 - from as f64,
            "mean_value": 0.5, "auroc": auroc,
        })
    };
    let lengths = [(1, 1), (2, 8), (9, 30)];
    ["dORM", "gPRM"].into_iter().flat_map(|method| lengths.map(|(from, to)| group((method, from, to)))).collect()
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
    assert_eq!(svg.matches("<polygon opacity=\"0.12\"").count(), 9);
    let named = |name: &str| texts(&drawing.legend).iter().any(|one| one.text == name);
    assert!(named("95% interval") && named("±1 SD over replicates"));

    let settings = FigureSettings { intervals: false, spread: false, ..FigureSettings::default() };
    let plain = draw(&table, &settings).unwrap();
    assert!(!plain.figure.inline_svg().contains("opacity=\"0.12\""));
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

#[test]
fn the_reliability_diagram_passes_over_empty_bins_and_tells_auroc() {
    let drawing = draw_calibration(&evaluation()).unwrap();
    assert_legible(&drawing.figure);
    assert_legible(&drawing.legend);
    let svg = drawing.figure.inline_svg();
    // Nine markers on the curve (with a rim each) and one in the legend; the other method has the legend's only.
    assert_eq!(svg.matches("<circle").count(), 2 * 10);
    let written: Vec<_> = texts(&drawing.legend).into_iter().map(|one| one.text).collect();
    assert_eq!(written, ["dORM (AUROC 0.750, ECE 0.081)", "gPRM (AUROC 0.750)", "perfectly calibrated"]);
}

#[test]
fn an_evaluation_without_calibration_has_no_reliability_diagram() {
    let mut without = evaluation();
    without.calibration.clear();
    let error = draw_calibration(&without).unwrap_err().to_string();
    assert!(error.starts_with("nothing to draw: the evaluation holds no calibration"), "{error}");
}

#[test]
fn the_reliability_diagram_holds_long_and_many_names() {
    let mut many = evaluation();
    many.calibration = (0..20)
        .map(|i| {
            let mut one = many.calibration[i % 2].clone();
            one.method = format!("{} {i}", "a method with a very long name".repeat(1 + i % 3));
            one
        })
        .collect();
    let drawing = draw_calibration(&many).unwrap();
    assert_legible(&drawing.figure);
    assert!(
        texts(&drawing.legend)
            .iter()
            .all(|one| one.text == "perfectly calibrated" || one.text.contains("(AUROC 0.750"))
    );
}

#[test]
fn accuracy_and_auroc_are_shown_by_length() {
    let drawing = draw_by_length(&evaluation()).unwrap();
    assert_legible(&drawing.figure);
    let svg = drawing.figure.inline_svg();
    // All CoTs and the first method are circles (with a rim each) at three lengths, and the legend's; the second
    // method's squares stand at two.
    assert_eq!(svg.matches("<circle").count(), 2 * (3 + 3 + 1));
    assert_eq!(svg.matches("<polygon opacity=\"1\" fill=\"#D55E00\"").count(), 2 + 1);
    let written: Vec<_> = texts(&drawing.figure).into_iter().map(|one| one.text).collect();
    for label in ["1", "2–8", "9–30"] {
        assert_eq!(written.iter().filter(|text| *text == label).count(), 2, "{label} in {written:?}");
    }
}

#[test]
fn many_lengths_are_labelled_where_there_is_room() {
    let mut many = evaluation();
    many.by_length = (0..60)
        .map(|i| {
            let mut one = many.by_length[0].clone();
            (one.from_steps, one.to_steps) = (100 * i + 1, 100 * i + 100);
            one
        })
        .collect();
    assert_legible(&draw_by_length(&many).unwrap().figure);
    many.by_length.clear();
    assert!(draw_by_length(&many).unwrap_err().to_string().contains("no accuracy by length"));
}
