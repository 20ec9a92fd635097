//! What the page says is picked is what the evaluation counts.

use proptest::prelude::*;
use serde_json::{Value, json};
use touchstone::Recipe;
use touchstone::evaluation::document::{OVERALL, Strategy as By};
use touchstone::study::Study;
use touchstone::{Context, Registry};
use touchstone_report::view::View;

use crate::sample::{Sample, question, rewards};

/// A question's CoTs: an answer and a reward each. No two rewards are equal, and no answer is given as often as another: between
/// equals the order of a draw decides, and the page knows no draws.
fn cots() -> impl Strategy<Value = Vec<(usize, f64)>> {
    let answers = Just([0, 0, 0, 0, 1, 1, 1, 2]).prop_shuffle();
    let ranks = Just([1, 2, 3, 5, 8, 13, 21, 34]).prop_shuffle();
    (answers, ranks).prop_map(|(answers, ranks)| {
        let reward = |rank: i32| f64::from(rank) / 40.0 + 1e-3 * f64::from(rank * rank % 7);
        answers.into_iter().zip(ranks).map(|(answer, rank)| (answer, reward(rank))).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn picks_among_all_cots_are_right_as_often_as_the_evaluation_says(questions in proptest::collection::vec(cots(), 1..12)) {
        let sample = Sample::new();
        std::fs::remove_file(sample.path("data/math.jsonl")).unwrap();
        let rows: Vec<Value> = questions.iter().enumerate().map(|(id, cots)| {
            let answers: Vec<&str> = cots.iter().map(|(answer, _)| ["A", "B", "C"][*answer]).collect();
            question(json!(id), "q", "B", &answers)
        }).collect();
        sample.write("data/law.jsonl", &rows);
        let lists: Vec<Value> = questions.iter().enumerate().map(|(id, cots)| {
            rewards(&json!(id), cots.iter().map(|(_, reward)| json!([reward, 1.0, 1.0])).collect())
        }).collect();
        sample.write("dPRM/law_reward.jsonl", &lists);
        let recipe = format!(
            "version: 1\ndata: {{ path: '{0}/data' }}\nmethods:\n  - {{ name: m, rewards: ['{0}/dPRM'], aggregator: {{ type: min }} }}\n\
             evaluate: {{ n: [8], runs: 2, bootstrap: 0 }}\nout: '{0}/results'\n",
            sample.path("").display()
        );
        let study = Study::open(&Context::new(Registry::builtin()), Recipe::from_yaml(&recipe).unwrap()).unwrap();
        let evaluation = study.evaluate().unwrap().evaluation;
        let index = sample.shown_of(&View::of(&study).unwrap()).index;
        for (column, strategy) in [By::MajorityVote, By::BestOfN, By::WeightedVote].into_iter().enumerate() {
            let right = index["picks"][column]["right"].as_str().unwrap();
            let share = 100.0 * right.matches('1').count() as f64 / right.len() as f64;
            let counted = evaluation.accuracy.iter().find(|entry| entry.strategy == strategy && entry.category == OVERALL).unwrap();
            prop_assert!((share - counted.mean).abs() < 1e-9, "{strategy}: {share} on the page, {} evaluated", counted.mean);
        }
    }
}
