//! The law that every registered splitter keeps, on any text. A new splitter is found here by itself.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use touchstone::splitter::steps;
use touchstone::{PluginKind, PluginSpec, Registry, StepSplitter, laws};
use touchstone_splitters as _;

static SPLITTERS: LazyLock<Vec<(String, Box<dyn StepSplitter>)>> = LazyLock::new(|| {
    let registry = Registry::builtin();
    let spec = PluginSpec::<dyn StepSplitter>::named;
    let names = registry.plugins().filter(|plugin| plugin.kind == PluginKind::StepSplitter);
    let mut specs: Vec<_> =
        names.map(|plugin| plugin.name.as_str()).filter(|name| *name != "regex").map(spec).collect();
    // Separators of white space only, so that nothing else is dropped by them either.
    specs.push(spec("regex").with("pattern", r"\s{2,}"));
    specs.push(spec("regex").with("pattern", r"").with("marks", "start"));
    specs.push(spec("regex").with("pattern", r"(?m)^\W").with("marks", "start"));
    specs.iter().map(|spec| (spec.to_string(), registry.make(spec).unwrap())).collect()
});

/// Any text, and text made of what splitters look at.
fn solutions() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "\n", "\r\n", "\r", " ", "\t", "\u{a0}", "\u{2028}", "Step 1:", "Step 2", "1.", "2)", "**", "### ", ".", "...",
        "…", "。", "？", "?!", "\"", "”", ")", "」", "e.g.", "Fig.", "J.", "3.14", "word", "Word", "é", "語", "🙂",
        "\u{301}", "\0",
    ]);
    prop_oneof![any::<String>(), prop::collection::vec(parts, 0..60).prop_map(|parts| parts.concat())]
}

fn visible(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|character| !character.is_whitespace())
}

#[test]
fn all_five_are_registered_and_say_what_they_are_for() {
    let registry = Registry::builtin();
    for name in ["blank_line", "line", "numbered_step", "sentence", "regex"] {
        let description = registry.describe(PluginKind::StepSplitter, name).unwrap();
        assert!(description.summary().ends_with('.') && description.text.contains("Assumes"), "{name}");
    }
}

#[test]
fn a_wrong_pattern_is_refused_when_a_recipe_is_checked_and_shown() {
    let spec = PluginSpec::<dyn StepSplitter>::named("regex").with("marks", "start").with("pattern", "[a-");
    let message = Registry::builtin().check(&spec).unwrap_err().to_string();
    assert!(message.contains("\"pattern\"") && message.contains("[a-") && message.contains('^'), "{message}");
}

#[test]
fn every_splitter_keeps_the_laws() {
    for (name, splitter) in SPLITTERS.iter() {
        let report = laws::splitter::check(&**splitter);
        assert!(report.holds(), "{name}:\n{report}");
    }
}

#[test]
fn a_megabyte_on_one_line_takes_linear_time() {
    const PATTERNS: [&str; 8] = ["a", ". ", "A. ", "。", "1. ", "\n", ".\"", "Step 1: \n"];
    // Of `regex`, one pattern is enough: its time is the engine's.
    for (name, splitter) in SPLITTERS.iter().filter(|(name, _)| !name.contains("start")) {
        for pattern in PATTERNS {
            let text = pattern.repeat(1_000_000 / pattern.len());
            let start = Instant::now();
            splitter.split(&text).unwrap();
            // Quadratic work on a megabyte takes minutes; linear work takes well below a second even unoptimised.
            assert!(start.elapsed() < Duration::from_secs(10), "{name} of {pattern:?}: {:?}", start.elapsed());
        }
    }
}

proptest! {
    #[test]
    fn steps_keep_the_law_and_all_but_white_space(solution in solutions()) {
        for (name, splitter) in SPLITTERS.iter() {
            let steps = match steps(&**splitter, &solution) {
                Ok(steps) => steps,
                Err(error) => return Err(TestCaseError::fail(format!("{name}: {error}"))),
            };
            let kept: String = steps.iter().flat_map(|step| visible(step)).collect();
            prop_assert_eq!(kept, visible(&solution).collect::<String>(), "{}", name);
            prop_assert!(steps.iter().all(|step| step.trim() == &**step), "{name} leaves steps untrimmed");
        }
    }

    #[test]
    fn line_ends_of_either_kind_cut_the_same(solution in solutions()) {
        let unix = solution.replace('\r', "");
        let windows = unix.replace('\n', "\r\n");
        for (name, splitter) in SPLITTERS.iter().filter(|(name, _)| !name.starts_with("regex")) {
            let cut = |text: &str| {
                let steps = steps(&**splitter, text).unwrap();
                steps.iter().map(|step| step.replace("\r\n", "\n")).collect::<Vec<_>>()
            };
            prop_assert_eq!(cut(&unix), cut(&windows), "{}", name);
        }
    }
}
