//! What the document holds beyond the published tables.

use touchstone::evaluation::document::{OVERALL, Strategy as Choice};
use touchstone::evaluation::{Evaluation, Settings, evaluate};

use crate::material::{CotRow, Row, Strategy, context, cot, golden, method, methods, questions, reward_record};

fn paper() -> Evaluation {
    let (questions, methods) = golden("paper", &[("dORM", Strategy::Last), ("gPRM", Strategy::Mean)]);
    evaluate(&context(), &questions, &methods, &Settings::default()).unwrap().evaluation
}

#[test]
fn entries_come_in_the_documented_order() {
    let evaluation = paper();
    let names: Vec<_> = evaluation.methods.iter().map(|method| (method.name.as_str(), method.strategy)).collect();
    use Choice::{BestOfN, MajorityVote, PassAtN, WeightedVote};
    let expected = [
        ("MV", MajorityVote),
        ("dORM", BestOfN),
        ("gPRM", BestOfN),
        ("dORM", WeightedVote),
        ("gPRM", WeightedVote),
        ("Pass@N", PassAtN),
    ];
    assert_eq!(names, expected);
    let mut entries = evaluation.accuracy.iter();
    for (name, strategy) in expected {
        for n in [1, 2, 4, 8, 16] {
            for category in std::iter::once(OVERALL).chain(touchstone::PAPER_ORDER) {
                let entry = entries.next().unwrap();
                let key = (entry.method.as_str(), entry.strategy, entry.n, entry.category.as_str());
                assert_eq!(key, (name, strategy, n, category));
            }
        }
    }
    assert!(entries.next().is_none());
}

#[test]
fn the_document_reads_back_the_same() {
    let evaluation = paper();
    let text = serde_json::to_string(&evaluation).unwrap();
    assert_eq!(serde_json::from_str::<Evaluation>(&text).unwrap(), evaluation);
    assert_eq!((evaluation.data.questions, evaluation.data.cots, evaluation.data.path.as_str()), (350, 5600, "paper"));
}

#[test]
fn intervals_hold_the_expectation_and_narrow_with_more_questions() {
    let evaluation = paper();
    let width = |category: &str| {
        let entry = evaluation.accuracy.iter().find(|entry| entry.n == 8 && entry.category == category).unwrap();
        let [low, high] = entry.interval.unwrap();
        assert!(low < entry.expected.unwrap() && entry.expected.unwrap() < high, "{entry:?}");
        high - low
    };
    // 350 questions against 25: the square root of 14 times narrower, or so.
    assert!(width(OVERALL) * 2.0 < width("law"));
}

#[test]
fn methods_are_compared_with_the_vote_and_with_each_other_under_one_strategy() {
    let evaluation = paper();
    let pairs: Vec<_> = evaluation
        .comparisons
        .iter()
        .filter(|comparison| comparison.n == 1)
        .map(|comparison| {
            (comparison.first.method.as_str(), comparison.first.strategy, comparison.second.method.as_str())
        })
        .collect();
    let expected = [
        ("dORM", Choice::BestOfN, "MV"),
        ("gPRM", Choice::BestOfN, "MV"),
        ("dORM", Choice::BestOfN, "gPRM"),
        ("dORM", Choice::WeightedVote, "MV"),
        ("gPRM", Choice::WeightedVote, "MV"),
        ("dORM", Choice::WeightedVote, "gPRM"),
    ];
    assert_eq!(pairs, expected);
    assert_eq!(evaluation.comparisons.len(), 6 * (5 + 14), "each N overall, each category at the largest");
    for comparison in &evaluation.comparisons {
        let p = comparison.p.unwrap();
        let [low, high] = comparison.interval.unwrap();
        assert!(p > 0.0 && p <= 1.0 && low <= comparison.difference + 1e-9 && comparison.difference <= high + 1e-9);
        if comparison.n == 1 {
            assert!(comparison.difference.abs() < 1e-9 && p == 1.0, "one CoT leaves no choice: {comparison:?}");
        }
    }
}

#[test]
fn a_clear_difference_is_significant_and_chance_is_not() {
    // The first method always knows, the second never.
    let rows: Vec<Row> = (0..30)
        .map(|id| Row { category: "law", id, gold: "A", cots: vec![cot("A", &[0.9, 0.1]), cot("B", &[0.2, 0.8])] })
        .collect();
    let settings = Settings { n: vec![2], ..Settings::default() };
    let evaluation = evaluate(&context(), &questions(&rows), &methods(&rows, 2), &settings).unwrap().evaluation;
    let comparison = evaluation
        .comparisons
        .iter()
        .find(|comparison| comparison.second.method == "m1" && comparison.category == OVERALL)
        .unwrap();
    assert_eq!((comparison.difference, comparison.interval), (100.0, Some([100.0, 100.0])));
    assert!(comparison.p.unwrap() < 0.002);
    let [first, second] = [0, 2].map(|place| &evaluation.calibration[place]);
    assert_eq!((first.auroc, first.auroc_interval), (Some(1.0), Some([1.0, 1.0])));
    assert_eq!((second.auroc, second.method.as_str()), (Some(0.0), "m1"));
}

#[test]
fn without_a_bootstrap_there_are_neither_intervals_nor_p_values() {
    let rows = [Row { category: "law", id: 1, gold: "A", cots: vec![cot("A", &[0.9]), cot("B", &[0.2])] }];
    let settings = Settings { bootstrap: 0, ..Settings::default() };
    let evaluation = evaluate(&context(), &questions(&rows), &methods(&rows, 1), &settings).unwrap().evaluation;
    assert!(evaluation.accuracy.iter().all(|entry| entry.interval.is_none()));
    assert!(evaluation.comparisons.iter().all(|entry| entry.interval.is_none() && entry.p.is_none()));
    assert!(evaluation.calibration.iter().all(|entry| entry.auroc_interval.is_none() && entry.auroc == Some(1.0)));
}

#[test]
fn replicates_have_a_mean_a_spread_and_a_table_each() {
    let rows: Vec<Row> = (0..4)
        .map(|id| Row { category: "law", id, gold: "A", cots: vec![cot("A", &[0.9, 0.1]), cot("B", &[0.2, 0.8])] })
        .collect();
    let mut method = method("twice", Strategy::Mean);
    for set in 0..2 {
        let replicate = method.replicate(format!("seed-{set}"));
        rows.iter().for_each(|row| replicate.push(&"law".into(), reward_record(row, set)).unwrap());
    }
    let mut all = methods(&rows, 1);
    all.push(method);
    let outcome =
        evaluate(&context(), &questions(&rows), &all, &Settings { n: vec![2], ..Settings::default() }).unwrap();
    let entry = outcome.evaluation.accuracy.iter().find(|entry| entry.method == "twice").unwrap();
    assert_eq!((entry.mean, entry.expected, entry.replicates.as_slice()), (50.0, Some(50.0), [100.0, 0.0].as_slice()));
    assert!((entry.replicate_std.unwrap() - 5000_f64.sqrt()).abs() < 1e-9);
    let single = outcome.evaluation.accuracy.iter().find(|entry| entry.method == "m0").unwrap();
    assert_eq!((single.replicates.len(), single.replicate_std), (0, None));
    assert_eq!(outcome.evaluation.methods[2].rewards, ["seed-0", "seed-1"]);

    assert_eq!(outcome.published.len(), 2);
    for (table, twice) in outcome.published.iter().zip(["100.0", "0.0"]) {
        let csv = table.best_of_n_csv();
        assert!(csv.contains("2,m0,100.0,100.0,0.0,0.0\r\n"), "{csv}");
        assert!(csv.contains(&format!("2,twice,{twice},{twice},0.0,0.0\r\n")), "{csv}");
    }
}

fn labelled(labels: &[i64], rewards: &[f64]) -> CotRow {
    let rewards = rewards.iter().copied().map(Some).collect();
    CotRow {
        answer: Some("A"),
        steps: labels.len(),
        labels: Some(labels.to_vec()),
        rewards: vec![rewards, vec![Some(0.5); 10]],
    }
}

#[test]
fn the_first_error_must_be_found_exactly() {
    let cots = vec![
        labelled(&[1, -1, 1], &[0.9, 0.4, 0.1]),       // found
        labelled(&[1, 1, -1], &[0.9, 0.4, 0.1]),       // too early
        labelled(&[1, -1], &[0.9, 0.5]),               // none found: one half is not below one half
        labelled(&[1, 0, 1], &[0.9, 0.6, 0.7]),        // rightly none
        labelled(&[-1], &[]),                          // missing: none found
        CotRow { steps: 9, ..labelled(&[1], &[0.1]) }, // labelled in part without an error: nothing is known
    ];
    let rows = [Row { category: "law", id: 1, gold: "A", cots }];
    let evaluation =
        evaluate(&context(), &questions(&rows), &methods(&rows, 2), &Settings::default()).unwrap().evaluation;
    // The second method has ten verdicts a CoT: it does not reward steps.
    let [overall, law] = evaluation.first_error.try_into().unwrap();
    assert_eq!((overall.method.as_str(), overall.category.as_str(), law.category.as_str()), ("m0", OVERALL, "law"));
    assert_eq!((overall.wrong_cots, overall.wrong_accuracy), (4, Some(0.25)));
    assert_eq!((overall.right_cots, overall.right_accuracy), (1, Some(1.0)));
    assert!((overall.f1.unwrap() - 0.4).abs() < 1e-12);
}

#[test]
fn data_without_step_labels_has_no_first_errors() {
    assert_eq!(paper().first_error, []);
}

#[test]
fn lengths_divide_all_cots_into_groups_that_follow_one_another() {
    let evaluation = paper();
    for name in ["dORM", "gPRM"] {
        let groups: Vec<_> = evaluation.by_length.iter().filter(|group| group.method == name).collect();
        assert!((3..=5).contains(&groups.len()), "{groups:?}");
        assert_eq!(groups.iter().map(|group| group.cots).sum::<usize>(), 5600);
        assert!(groups.windows(2).all(|pair| pair[0].to_steps < pair[1].from_steps));
    }
}

#[test]
fn the_fingerprint_follows_answers_ids_and_golds_but_not_rewards() {
    let row = Row { category: "law", id: 1, gold: "A", cots: vec![cot("A", &[0.9]), cot("B", &[0.2])] };
    let fingerprint = |row: Row| {
        let rows = [row];
        evaluate(&context(), &questions(&rows), &methods(&rows, 1), &Settings::default())
            .unwrap()
            .evaluation
            .data
            .fingerprint
    };
    let original = fingerprint(row.clone());
    let mut rewarded = row.clone();
    rewarded.cots[0].rewards[0] = vec![Some(0.1)];
    assert_eq!(fingerprint(rewarded), original);
    let mut answered = row.clone();
    answered.cots[0].answer = Some("C");
    for other in
        [answered, Row { id: 2, ..row.clone() }, Row { gold: "B", ..row.clone() }, Row { category: "math", ..row }]
    {
        assert_ne!(fingerprint(other), original);
    }
}
