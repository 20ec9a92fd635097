//! The laws that every registered sampler keeps. A new sampler is found here by itself.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};
use touchstone::laws::{self, Outcome};
use touchstone::sampler::{Draw, TokenId};
use touchstone::{PluginKind, PluginSpec, Registry, Sampler};
use touchstone_samplers::{Greedy, Temperature};

static SAMPLERS: LazyLock<Vec<(String, Box<dyn Sampler>)>> = LazyLock::new(samplers);

fn spec(name: &str) -> PluginSpec<dyn Sampler> {
    PluginSpec::named(name)
}

/// Every sampler, those with settings in several of them.
fn samplers() -> Vec<(String, Box<dyn Sampler>)> {
    let registry = Registry::builtin();
    let names = registry.plugins().filter(|plugin| plugin.kind == PluginKind::Sampler);
    let mut specs: Vec<_> = names.map(|plugin| spec(&plugin.name)).collect();
    specs.push(spec("greedy").with("repetition_penalty", 1.3));
    specs.extend([0.0, 1e-5, 0.7, 1e300].map(|value| spec("temperature").with("temperature", value)));
    specs.extend([1, 50, 1_000_000].map(|value| spec("temperature").with("top_k", value)));
    for share in [1e-300, 0.1, 0.95] {
        specs.extend(["top_p", "min_p", "typical_p"].map(|field| spec("temperature").with(field, share)));
    }
    specs.extend([1e-300, 1.3, 1e300].map(|value| spec("temperature").with("repetition_penalty", value)));
    let all = spec("temperature").with("temperature", 0.8).with("top_k", 40).with("top_p", 0.9).with("min_p", 0.02);
    specs.push(all.with("typical_p", 0.8).with("repetition_penalty", 1.1));
    specs.iter().map(|spec| (spec.to_string(), registry.make(spec).unwrap())).collect()
}

#[test]
fn both_are_registered_and_say_what_they_are_for() {
    let registry = Registry::builtin();
    for name in ["greedy", "temperature"] {
        let description = registry.describe(PluginKind::Sampler, name).unwrap();
        assert!(description.summary().ends_with('.'), "{name}");
        let settings = &description.schema["properties"];
        for field in description.fields() {
            assert!(settings[field]["description"].is_string(), "{name} does not describe {field}: {settings}");
        }
    }
}

#[test]
fn every_sampler_keeps_the_laws() {
    for (name, sampler) in SAMPLERS.iter() {
        let report = laws::sampler::check(&**sampler);
        assert!(report.findings.iter().all(|finding| finding.outcome == Outcome::Held), "{name}:\n{report}");
    }
}

#[test]
fn settings_out_of_range_are_refused_when_a_recipe_is_checked_and_named_with_their_range() {
    let wrong: [(&str, &str, Value, &str); 14] = [
        ("greedy", "repetition_penalty", json!(0), "above 0"),
        ("greedy", "repetition_penalty", json!("much"), "f64"),
        ("temperature", "temperature", json!(-0.1), "at least 0"),
        ("temperature", "top_k", json!(-1), "usize"),
        ("temperature", "top_k", json!(1.5), "usize"),
        ("temperature", "top_p", json!(0), "above 0 and at most 1"),
        ("temperature", "top_p", json!(1.1), "above 0 and at most 1"),
        ("temperature", "min_p", json!(-0.1), "from 0 to 1"),
        ("temperature", "min_p", json!(1.1), "from 0 to 1"),
        ("temperature", "typical_p", json!(0), "above 0 and at most 1"),
        ("temperature", "typical_p", json!(1.1), "above 0 and at most 1"),
        ("temperature", "repetition_penalty", json!(0), "above 0"),
        ("temperature", "repetition_penalty", json!(-1), "above 0"),
        ("temperature", "temperature", json!(null), "f64"),
    ];
    for (name, field, value, range) in wrong {
        let message = Registry::builtin().check(&spec(name).with(field, value)).unwrap_err().to_string();
        assert!(message.contains(name) && message.contains(&format!("{field:?}")), "{message}");
        assert!(message.contains(range), "{message}");
    }
}

#[test]
fn unknown_settings_are_refused_and_the_known_ones_listed() {
    for name in ["greedy", "temperature"] {
        let message = Registry::builtin().check(&spec(name).with("temprature", 1)).unwrap_err().to_string();
        assert!(message.contains("temprature") && message.contains("repetition_penalty"), "{message}");
    }
    assert!(serde_json::from_str::<Greedy>(r#"{"top_k": 1}"#).is_err());
    assert!(serde_json::from_str::<Temperature>(r#"{"topk": 1}"#).is_err());
}

#[test]
fn settings_survive_being_written_and_read() {
    let defaults = json!({
        "temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "typical_p": 1.0, "repetition_penalty": 1.0
    });
    let settings = json!({
        "temperature": 0.6, "top_k": 20, "top_p": 0.95, "min_p": 0.05, "typical_p": 0.9, "repetition_penalty": 1.05
    });
    for (given, expected) in [(json!({}), &defaults), (defaults.clone(), &defaults), (settings.clone(), &settings)] {
        let read: Temperature = serde_json::from_value(given).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), *expected);
    }
    let read: Greedy = serde_json::from_value(json!({"repetition_penalty": 2})).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), json!({"repetition_penalty": 2.0}));
    assert_eq!(serde_json::to_value(Greedy::default()).unwrap(), json!({"repetition_penalty": 1.0}));
}

/// Any 32 bits, and the numbers at which arithmetic breaks.
fn hostile_logit() -> impl Strategy<Value = f32> {
    let extremes = [f32::MAX, f32::MIN, f32::MIN_POSITIVE, -f32::MIN_POSITIVE, 1e-45, 0.0, -0.0, f32::NEG_INFINITY];
    prop_oneof![
        20 => prop::sample::select(extremes.to_vec()),
        20 => any::<u32>().prop_map(f32::from_bits).prop_map(|logit| if logit.is_finite() { logit } else { 1.0 }),
        40 => -30.0f32..30.0,
        1 => prop::sample::select(vec![f32::NAN, f32::INFINITY]),
    ]
}

/// A setting in range, at its ends more often than not.
fn settings() -> impl Strategy<Value = Value> {
    let positive = || prop_oneof![Just(1.0), Just(f64::MIN_POSITIVE), Just(1e-5), Just(f64::MAX), 0.01..10.0];
    let mass = || prop_oneof![Just(1.0), Just(f64::MIN_POSITIVE), Just(1.0 - f64::EPSILON), 0.001..1.0];
    let count = prop_oneof![Just(0), Just(1), Just(usize::MAX), 1..60usize];
    let share = prop_oneof![Just(0.0), Just(1.0), Just(f64::MIN_POSITIVE), 0.0..1.0];
    (positive(), count, mass(), share, mass(), positive()).prop_map(
        |(temperature, top_k, top_p, min_p, typical_p, repetition_penalty)| {
            json!({
                "temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p, "typical_p": typical_p,
                "repetition_penalty": repetition_penalty
            })
        },
    )
}

fn any_draw() -> impl Strategy<Value = Draw> {
    (any::<u64>(), any::<u64>(), any::<u64>()).prop_map(|(seed, sequence, position)| Draw { seed, sequence, position })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_settings_and_no_logits_make_a_panic_or_an_impossible_token(
        settings in settings(),
        logits in prop::collection::vec(hostile_logit(), 0..200),
        history in prop::collection::vec(prop_oneof![9 => 0u32..200, 1 => any::<u32>()].prop_map(TokenId), 0..50),
        draw in any_draw(),
    ) {
        let temperature: Temperature = serde_json::from_value(settings).unwrap();
        let samplers = [&temperature as &dyn Sampler, &Greedy { repetition_penalty: temperature.repetition_penalty }];
        let is_wrong = logits.iter().any(|logit| logit.is_nan() || *logit == f32::INFINITY);
        let is_possible = !is_wrong && logits.iter().any(|logit| *logit > f32::NEG_INFINITY);
        for sampler in samplers {
            match sampler.sample(&mut logits.clone(), &history, draw) {
                Ok(token) => {
                    prop_assert!(is_possible, "{:?} of hopeless logits", token);
                    prop_assert!(logits[token.0 as usize] > f32::NEG_INFINITY, "{:?} is impossible", token);
                }
                Err(error) => prop_assert!(!is_possible, "{}", error),
            }
        }
    }
}
