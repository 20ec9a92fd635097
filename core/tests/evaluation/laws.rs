//! What the evaluation of any test set obeys.

use proptest::prelude::*;
use touchstone::evaluation::document::{Accuracy, Strategy as Choice};
use touchstone::evaluation::{Evaluation, Settings, evaluate};

use crate::material::{
    CotRow, Row, Strategy as Aggregation, context, golden, method, methods, questions, reward_record,
};

fn evaluation(rows: &[Row], settings: &Settings) -> Evaluation {
    evaluate(&context(), &questions(rows), &methods(rows, 2), settings).unwrap().evaluation
}

fn small_settings() -> Settings {
    Settings { n: vec![1, 2, 4], runs: 9, bootstrap: 19, ..Settings::default() }
}

/// Up to three categories of up to four questions of up to seven CoTs, with ties, missing rewards and odd answers.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let reward = prop_oneof![
        Just(None),
        (0_u8..=4).prop_map(|quarter| Some(f64::from(quarter) / 4.0)),
        (0.0..=1.0).prop_map(Some)
    ];
    let list = proptest::collection::vec(reward, 0..4);
    let answer =
        prop_oneof![Just(None), Just(Some("A")), Just(Some(" a")), Just(Some("B")), Just(Some("C")), Just(Some("odd"))];
    let cot = (answer, 0_usize..9, list.clone(), list).prop_map(|(answer, steps, first, second)| CotRow {
        answer,
        steps,
        labels: None,
        rewards: vec![first, second],
    });
    let question = (prop_oneof![Just("law"), Just("math"), Just("zoology")], proptest::collection::vec(cot, 0..8));
    proptest::collection::vec(question, 1..10).prop_map(|questions| {
        let row = |(id, (category, cots)): (usize, _)| Row { category, id: id as i64, gold: "A", cots };
        questions.into_iter().enumerate().map(row).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_result_does_not_depend_on_the_number_of_threads(rows in rows()) {
        let settings = small_settings();
        let on = |threads| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
                let outcome = evaluate(&context(), &questions(&rows), &methods(&rows, 2), &settings).unwrap();
                (serde_json::to_string(&outcome.evaluation).unwrap(), outcome.published)
            })
        };
        let one = on(1);
        prop_assert_eq!(&one, &on(2));
        prop_assert_eq!(&one, &on(5));
    }

    #[test]
    fn the_order_of_a_reward_file_means_nothing(rows in rows(), seed in any::<u64>()) {
        let mut shuffled = methods(&rows, 0);
        for set in 0..2 {
            let mut method = method(&format!("m{set}"), Aggregation::Mean);
            let replicate = method.replicate(format!("rewards/m{set}"));
            let mut order: Vec<usize> = (0..rows.len()).collect();
            order.sort_by_key(|place| (*place as u64 + 1).wrapping_mul(seed | 1));
            for place in order {
                let mut record = reward_record(&rows[place], set);
                record.cots.sort_by_key(|cot| (cot.id.0.cast_unsigned() + 1).wrapping_mul(seed | 1));
                replicate.push(&rows[place].category.into(), record).unwrap();
            }
            shuffled.push(method);
        }
        let settings = small_settings();
        let outcome = evaluate(&context(), &questions(&rows), &shuffled, &settings).unwrap();
        prop_assert_eq!(outcome.evaluation, evaluation(&rows, &settings));
    }

    #[test]
    fn accuracies_lie_in_their_bounds(rows in rows()) {
        let evaluation = evaluation(&rows, &small_settings());
        for entry in &evaluation.accuracy {
            prop_assert!((0.0..=100.0 + 1e-9).contains(&entry.mean));
            let [low, high] = entry.interval.unwrap();
            prop_assert!(-1e-9 <= low && low <= high && high <= 100.0 + 1e-9);
            let ceiling = evaluation.accuracy.iter().find(|other| {
                other.strategy == Choice::PassAtN && (other.n, &other.category) == (entry.n, &entry.category)
            }).unwrap();
            prop_assert!(entry.mean <= ceiling.mean + 1e-9, "{entry:?} beats {ceiling:?}");
        }
    }

    #[test]
    fn drawing_all_cots_is_exact(rows in rows()) {
        let settings = Settings { n: vec![7], ..small_settings() };
        for entry in evaluation(&rows, &settings).accuracy {
            prop_assert!((entry.expected.unwrap() - entry.mean).abs() < 1e-9, "{entry:?}");
        }
    }
}

/// Each entry's mean over many runs lies within 4.5 standard errors of the exact expectation; about one of 150,000 does not.
fn assert_close_to_expectation(accuracy: &[Accuracy], runs: u32) -> usize {
    let exact: Vec<_> =
        accuracy.iter().filter(|entry| entry.category != "overall" && entry.expected.is_some()).collect();
    for entry in &exact {
        let error = (entry.mean - entry.expected.unwrap()).abs();
        let standard_error = entry.std / f64::from(runs).sqrt();
        assert!(error <= 4.5 * standard_error + 1e-9, "{entry:?}");
    }
    exact.len()
}

#[test]
fn the_mean_of_many_draws_is_the_exact_expectation_on_the_papers_data() {
    let (questions, methods) = golden("paper", &[("dPRM", Aggregation::Min), ("gPRM", Aggregation::Mean)]);
    let settings = Settings { n: vec![1, 3, 8], runs: 1500, seed: 5, bootstrap: 0, ..Settings::default() };
    let evaluation = evaluate(&context(), &questions, &methods, &settings).unwrap().evaluation;
    // Four columns at each of three N, and weighted vote of two methods at N = 1, in 14 categories.
    assert_eq!(assert_close_to_expectation(&evaluation.accuracy, 1500), 14 * (4 * 3 + 2));
}

#[test]
fn the_mean_of_many_draws_is_the_exact_expectation_on_odd_data() {
    let (questions, methods) = golden("edge", &[("high", Aggregation::Max), ("final", Aggregation::Last)]);
    let settings = Settings { n: vec![1, 2, 5, 12], runs: 4000, seed: 11, bootstrap: 0, ..Settings::default() };
    let evaluation = evaluate(&context(), &questions, &methods, &settings).unwrap().evaluation;
    assert_eq!(assert_close_to_expectation(&evaluation.accuracy, 4000), 4 * 4 + 2);
}
