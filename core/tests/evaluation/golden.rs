//! The published results, byte for byte.

use crate::material::{Strategy, context, golden};
use touchstone::evaluation::{Settings, evaluate};

#[test]
fn the_papers_tables_are_reproduced_byte_for_byte() {
    let (questions, methods) = golden(
        "paper",
        &[("dORM", Strategy::Last), ("dPRM", Strategy::Min), ("gORM", Strategy::Mean), ("gPRM", Strategy::Mean)],
    );
    let outcome = evaluate(&context(), &questions, &methods, &Settings::default()).unwrap();
    assert_eq!(outcome.published.len(), 1);
    assert_eq!(outcome.published[0].best_of_n_csv(), include_str!("../fixtures/evaluation/paper_best_of_n.csv"));
    assert_eq!(
        outcome.published[0].weighted_vote_csv(),
        include_str!("../fixtures/evaluation/paper_weighted_vote.csv")
    );
}

#[test]
fn odd_ids_answers_lengths_and_orders_are_reproduced_byte_for_byte() {
    let (questions, methods) = golden(
        "edge",
        &[("high", Strategy::Max), ("product", Strategy::Prod), ("low", Strategy::Min), ("final", Strategy::Last)],
    );
    let settings = Settings { seed: 7, runs: 50, ..Settings::default() };
    let outcome = evaluate(&context(), &questions, &methods, &settings).unwrap();
    assert_eq!(outcome.published[0].best_of_n_csv(), include_str!("../fixtures/evaluation/edge_best_of_n.csv"));
    assert_eq!(outcome.published[0].weighted_vote_csv(), include_str!("../fixtures/evaluation/edge_weighted_vote.csv"));
}
