//! Strategies that are one and the same by another name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod toy;

use proptest::prelude::*;
use touchstone_search::{Solution, StrategySettings};
use toy::{Knows, World, Writer, prompt, question};

fn solve(settings: &str, seed: u64, id: i64) -> Solution {
    let world = World::with_seed(seed);
    let (writer, knows, question) = (Writer::default(), Knows::with_noise(0.4), question(id));
    let strategy: StrategySettings = settings.parse().unwrap();
    strategy.solve(&world.solver(&writer, Some(&knows)), &question, &prompt(&question)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn searches_of_width_one_are_best_of_n(n in 1_usize..12, seed: u64, id in 0_i64..1000) {
        let best = solve(&format!("best_of_n{{samples={n}}}"), seed, id);
        for search in ["beam_search", "diverse_verifier_tree_search"] {
            let searched = solve(&format!("{search}{{beams={n},width=1}}"), seed, id);
            prop_assert_eq!(&searched.candidates, &best.candidates);
            prop_assert_eq!(&searched.choice, &best.choice);
            prop_assert_eq!(searched.spent.generated_tokens, best.spent.generated_tokens);
        }
    }

    #[test]
    fn one_tree_is_a_beam_search_of_full_width(n in 1_usize..8, seed: u64, id in 0_i64..1000) {
        let beam = solve(&format!("beam_search{{beams={n},width={n}}}"), seed, id);
        let tree = solve(&format!("diverse_verifier_tree_search{{beams={n},width={n}}}"), seed, id);
        prop_assert_eq!(beam, tree);
    }

    #[test]
    fn one_particle_is_a_single_sample(seed: u64, id in 0_i64..1000) {
        let single = solve("best_of_n{samples=1}", seed, id);
        let particle = solve("particle_filtering{particles=1}", seed, id);
        prop_assert_eq!(&particle.candidates, &single.candidates);
        prop_assert_eq!(&particle.choice, &single.choice);
    }

    #[test]
    fn a_vote_that_samples_all_at_once_is_a_majority_vote(n in 1_usize..12, seed: u64, id in 0_i64..1000) {
        let vote = solve(&format!("majority_vote{{samples={n}}}"), seed, id);
        let stopping = format!(r#"{{"type":"beta","samples_at_once":{n}}}"#);
        let early = solve(&format!("self_consistency{{samples={n},stopping={stopping}}}"), seed, id);
        prop_assert_eq!(early, vote);
    }
}
