//! The laws that every registered aggregator keeps. A new aggregator is found here by itself.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use proptest::prelude::*;
use touchstone::laws::{self, Outcome};
use touchstone::{Aggregator, PluginKind, PluginSpec, Registry};
use touchstone_aggregators::{Max, Min, Prod};

/// What depends on the order of the rewards, by its nature.
const ORDERED: [&str; 2] = ["last", "last_k_mean"];
/// What lies between the lowest and the highest reward.
const MEANS: [&str; 7] = ["last", "min", "max", "mean", "geometric_mean", "last_k_mean", "quantile"];
/// Room for rounding where the order of additions or products changes.
const ROUNDING: f64 = 1e-9;

static AGGREGATORS: LazyLock<Vec<(String, Box<dyn Aggregator>)>> = LazyLock::new(aggregators);

/// Every aggregator, those with settings in several of them.
fn aggregators() -> Vec<(String, Box<dyn Aggregator>)> {
    let registry = Registry::builtin();
    let spec = PluginSpec::<dyn Aggregator>::named;
    let names =
        registry.plugins().filter(|plugin| plugin.kind == PluginKind::Aggregator).map(|plugin| plugin.name.as_str());
    let mut specs: Vec<_> = names.filter(|name| *name != "quantile").map(spec).collect();
    specs.extend([0.0, 0.1, 0.5, 1.0].map(|q| spec("quantile").with("q", q)));
    specs.extend([1, 2, 100].map(|k| spec("last_k_mean").with("k", k)));
    specs.push(spec("log_odds").with("clamp", 0.25));
    specs.iter().map(|spec| (spec.name().to_owned(), registry.make(spec).unwrap())).collect()
}

fn reward() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        1 => Just(None),
        1 => Just(Some(0.0)),
        1 => Just(Some(1.0)),
        1 => Just(Some(5e-324)),
        6 => (0.0..=1.0).prop_map(Some),
    ]
}

fn rewards() -> impl Strategy<Value = Vec<Option<f64>>> {
    prop_oneof![4 => prop::collection::vec(reward(), 0..12), 1 => prop::collection::vec(reward(), 100..400)]
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= ROUNDING * left.abs().max(right.abs()).max(1.0)
}

#[test]
fn all_nine_are_registered_and_say_what_they_are_for() {
    let registry = Registry::builtin();
    for name in ["last", "min", "max", "mean", "prod", "geometric_mean", "log_odds", "last_k_mean", "quantile"] {
        let description = registry.describe(PluginKind::Aggregator, name).unwrap();
        assert!(description.summary().ends_with('.') && description.text.contains("Assumes"), "{name}");
    }
}

#[test]
fn every_aggregator_keeps_the_laws_and_the_convention_for_missing_rewards() {
    for (name, aggregator) in AGGREGATORS.iter() {
        let report = laws::aggregator::check(&**aggregator);
        assert!(report.findings.iter().all(|finding| finding.outcome == Outcome::Held), "{name}:\n{report}");
    }
}

#[test]
fn settings_out_of_range_are_refused_when_a_recipe_is_checked_and_named() {
    let spec = PluginSpec::<dyn Aggregator>::named;
    let wrong = [
        (spec("quantile").with("q", 1.5), "q"),
        (spec("quantile").with("q", -0.5), "q"),
        (spec("quantile"), "q"),
        (spec("last_k_mean").with("k", 0), "k"),
        (spec("last_k_mean").with("k", -1), "k"),
        (spec("log_odds").with("clamp", 0.5), "clamp"),
        (spec("log_odds").with("clamp", 0), "clamp"),
    ];
    for (spec, setting) in wrong {
        let message = Registry::builtin().check(&spec).unwrap_err().to_string();
        assert!(message.contains(spec.name()), "{message}");
        assert!(message.contains(&format!("{setting:?}")) || message.contains(&format!("`{setting}`")), "{message}");
    }
}

proptest! {
    #[test]
    fn a_missing_reward_counts_one_half(rewards in rewards()) {
        let filled: Vec<_> = rewards.iter().map(|reward| Some(reward.unwrap_or(0.5))).collect();
        for (name, aggregator) in AGGREGATORS.iter() {
            let (given, filled) = (aggregator.aggregate(&rewards).unwrap(), aggregator.aggregate(&filled).unwrap());
            prop_assert_eq!(given.to_bits(), filled.to_bits(), "{}", name);
        }
    }

    #[test]
    fn the_order_of_the_rewards_means_nothing_but_to_the_ordered(
        (rewards, shuffled) in rewards().prop_flat_map(|rewards| (Just(rewards.clone()), Just(rewards).prop_shuffle()))
    ) {
        for (name, aggregator) in AGGREGATORS.iter().filter(|(name, _)| !ORDERED.contains(&name.as_str())) {
            let (given, shuffled) = (aggregator.aggregate(&rewards).unwrap(), aggregator.aggregate(&shuffled).unwrap());
            prop_assert!(close(given, shuffled), "{name}: {given} and {shuffled}");
        }
    }

    #[test]
    fn means_lie_between_the_lowest_and_the_highest_reward(rewards in rewards()) {
        let (low, high) = (Min {}.aggregate(&rewards).unwrap(), Max {}.aggregate(&rewards).unwrap());
        for (name, aggregator) in AGGREGATORS.iter().filter(|(name, _)| MEANS.contains(&name.as_str())) {
            let value = aggregator.aggregate(&rewards).unwrap();
            prop_assert!((low - ROUNDING..=high + ROUNDING).contains(&value), "{name}: {low} <= {value} <= {high}");
        }
    }

    #[test]
    fn the_product_is_a_probability_and_below_every_reward(rewards in rewards()) {
        let prod = Prod {}.aggregate(&rewards).unwrap();
        prop_assert!((0.0..=1.0).contains(&prod), "{prod}");
        let min = Min {}.aggregate(&rewards).unwrap();
        prop_assert!(prod <= min, "{prod} <= {min}");
    }

    #[test]
    fn a_better_reward_never_makes_the_value_worse(
        (rewards, place) in rewards().prop_filter("not empty", |rewards| !rewards.is_empty())
            .prop_flat_map(|rewards| { let count = rewards.len(); (Just(rewards), 0..count) }),
        share in 0.0..=1.0,
    ) {
        let mut better = rewards.clone();
        let reward = rewards[place].unwrap_or(0.5);
        better[place] = Some(reward + (1.0 - reward) * share);
        for (name, aggregator) in AGGREGATORS.iter() {
            let (before, after) = (aggregator.aggregate(&rewards).unwrap(), aggregator.aggregate(&better).unwrap());
            prop_assert!(after >= before || close(before, after), "{name}: {before} then {after}");
        }
    }
}
