//! The laws that every registered answer equivalence keeps. A new one is found here by itself.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use touchstone::laws::{self, Outcome};
use touchstone::{AnswerEquivalence, PluginKind, PluginSpec, Registry};
use touchstone_answers::{Exact, Numeric};

/// Every equivalence but core's own, which gives blank answers a key on purpose.
static EQUIVALENCES: LazyLock<Vec<(String, Box<dyn AnswerEquivalence>)>> = LazyLock::new(|| {
    let registry = Registry::builtin();
    let spec = PluginSpec::<dyn AnswerEquivalence>::named;
    let names = registry.plugins().filter(|plugin| plugin.kind == PluginKind::AnswerEquivalence);
    let mut specs: Vec<_> =
        names.map(|plugin| plugin.name.as_str()).filter(|name| *name != "multiple_choice").map(spec).collect();
    specs.push(spec("exact").with("case", "keep"));
    specs.iter().map(|spec| (spec.to_string(), registry.make(spec).unwrap())).collect()
});

fn key(equivalence: &dyn AnswerEquivalence, answer: &str) -> Option<String> {
    equivalence.key(Some(answer)).unwrap().map(|key| key.0)
}

/// Any text, and text made of what answers are made of.
fn answers() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "1", "0", "23", "456", ",", "{,}", ".", "-", "−", "+", "e", "E", "e-3", "/", " ", "\u{a0}", "~", "%", "\\%",
        "$", "\\$", "€", "\\frac", "\\FRAC", "\\dfrac", "{", "}", "{2}", "\\boxed{", "\\text{", "\\(", "\\)",
        "\\times", "10^", "10^{3}", "^\\circ", "°", "cm", "Km", "x", "\\,", "\\ ", "İ", "Σ", "ß", "١", "１", "²",
    ]);
    prop_oneof![1 => any::<String>(), 3 => prop::collection::vec(parts, 0..12).prop_map(|parts| parts.concat())]
}

#[test]
fn both_are_registered_and_say_what_they_are_for() {
    let registry = Registry::builtin();
    for name in ["exact", "numeric"] {
        let description = registry.describe(PluginKind::AnswerEquivalence, name).unwrap();
        assert!(description.summary().ends_with('.') && description.text.contains("Assumes"), "{name}");
    }
}

#[test]
fn every_equivalence_keeps_the_laws() {
    for (name, equivalence) in EQUIVALENCES.iter() {
        let report = laws::answer::check(&**equivalence);
        assert!(report.findings.iter().all(|finding| finding.outcome == Outcome::Held), "{name}:\n{report}");
    }
}

#[test]
fn a_wrong_case_is_refused_with_the_cases_that_there_are() {
    let spec = PluginSpec::<dyn AnswerEquivalence>::named("exact").with("case", "kepe");
    let message = Registry::builtin().check(&spec).unwrap_err().to_string();
    assert!(message.contains("\"case\"") && message.contains("did you mean \"keep\"?"), "{message}");
}

#[test]
fn an_absent_or_blank_answer_has_no_key() {
    for (name, equivalence) in EQUIVALENCES.iter() {
        for answer in [None, Some(""), Some(" \r\n\t\u{a0}")] {
            assert_eq!(equivalence.key(answer).unwrap(), None, "{name} of {answer:?}");
        }
    }
}

#[test]
fn a_hostile_megabyte_takes_bounded_time_and_its_key_is_no_longer_than_it() {
    let around = |open: &str, close: &str| open.repeat(100_000) + "1" + &close.repeat(100_000);
    let hostile = [
        "9".repeat(1_000_000),
        "0".repeat(1_000_000),
        format!("0.{}1", "0".repeat(1_000_000)),
        ",999".repeat(250_000),
        format!("1{}", ",999".repeat(250_000)),
        format!("1e{}", "9".repeat(1_000_000)),
        format!("1/{}", "7".repeat(1_000_000)),
        format!("{}1", "-".repeat(1_000_000)),
        around("\\boxed{", "}"),
        around("$", "$"),
        around("\\(", "\\)"),
        around("\\frac{", "}{2}"),
        format!("1{}", "\\ ".repeat(500_000)),
        " ".repeat(1_000_000),
    ];
    for (name, equivalence) in EQUIVALENCES.iter() {
        for answer in &hostile {
            let start = Instant::now();
            let key = key(&**equivalence, answer).unwrap_or_default();
            // Quadratic work on a megabyte takes minutes.
            assert!(start.elapsed() < Duration::from_secs(5), "{name} of {}…: {:?}", &answer[..9], start.elapsed());
            assert!(key.len() <= answer.len() + 16, "{name} of {}…", &answer[..9]);
        }
    }
}

proptest! {
    #[test]
    fn the_key_of_a_key_is_itself(answer in answers()) {
        for (name, equivalence) in EQUIVALENCES.iter() {
            if let Some(first) = key(&**equivalence, &answer) {
                prop_assert_eq!(key(&**equivalence, &first), Some(first.clone()), "{} of {:?}", name, answer);
            }
        }
    }

    #[test]
    fn case_and_outer_white_space_mean_nothing(answer in answers()) {
        let padded = format!(" \n{answer}\u{a0}\t");
        for (name, equivalence) in EQUIVALENCES.iter() {
            prop_assert_eq!(key(&**equivalence, &answer), key(&**equivalence, &padded), "{}", name);
        }
        let folding: [&dyn AnswerEquivalence; 2] = [&Exact::default(), &Numeric {}];
        for equivalence in folding {
            prop_assert_eq!(key(equivalence, &answer), key(equivalence, &answer.to_lowercase()));
        }
    }

    #[test]
    fn a_gold_answer_is_read_as_any_other(answer in answers()) {
        for (name, equivalence) in EQUIVALENCES.iter() {
            prop_assert_eq!(equivalence.gold(&answer).unwrap(), equivalence.key(Some(&answer)).unwrap(), "{}", name);
        }
    }

    #[test]
    fn equal_decimals_and_fractions_have_one_key(units in -1_000_000_i64..1_000_000, places in 0_u32..6, factor in 1_i64..1000) {
        let equivalence = Numeric {};
        let denominator = 10_i64.pow(places);
        let sign = if units < 0 { "-" } else { "" };
        let decimal = if places == 0 {
            units.to_string()
        } else {
            let (whole, part) = (units.abs() / denominator, units.abs() % denominator);
            format!("{sign}{whole}.{part:0width$}", width = places as usize)
        };
        let fraction = format!("{}/{}", units * factor, denominator * factor);
        let latex = format!("$\\frac{{{}}}{{{}}}$", units * factor, denominator * factor);
        let power = format!("{units}e-{places}");
        let expected = key(&equivalence, &decimal);
        let longer = format!("{decimal}{}", if places == 0 { ".0" } else { "000" });
        for other in [fraction, latex, power, longer] {
            prop_assert_eq!(key(&equivalence, &other), expected.clone(), "{} and {}", decimal, other);
        }
    }

    #[test]
    fn different_numbers_have_different_keys(left in any::<i64>(), right in any::<i64>()) {
        let equivalence = Numeric {};
        let same = key(&equivalence, &left.to_string()) == key(&equivalence, &right.to_string());
        prop_assert_eq!(same, left == right);
    }
}
