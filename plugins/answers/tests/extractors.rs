//! The laws that every registered answer extractor keeps. A new one is found here by itself.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use proptest::prelude::*;
use touchstone::{AnswerExtractor, PluginKind, PluginSpec, Registry, laws};
use touchstone_answers as _;

fn extractors() -> Vec<(String, Box<dyn AnswerExtractor>)> {
    let registry = Registry::builtin();
    let names = registry.plugins().filter(|plugin| plugin.kind == PluginKind::AnswerExtractor);
    let spec = |name: &str| {
        let spec = PluginSpec::<dyn AnswerExtractor>::named(name);
        if name == "regex" { spec.with("pattern", r"(?i)answer\W+(\w+)") } else { spec }
    };
    names.map(|plugin| (plugin.name.clone(), registry.make(&spec(&plugin.name)).unwrap())).collect()
}

#[test]
fn all_are_here_and_every_law_holds_of_each() {
    let all = extractors();
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["answer_is", "boxed", "letter", "regex"]);
    for (name, extractor) in &all {
        let report = laws::extractor::check(&**extractor);
        assert!(report.holds(), "{name}:\n{report}");
        assert!(!report.to_string().contains("noted"), "{name}:\n{report}");
    }
}

#[test]
fn every_setting_is_described() {
    let registry = Registry::builtin();
    for (name, _) in extractors() {
        let description = registry.describe(PluginKind::AnswerExtractor, &name).unwrap();
        assert!(description.text.contains("Assumes"), "{name}: {}", description.text);
    }
}

/// Each text is what one of the extractors looks for, a hundred thousand times over.
#[test]
fn hostile_texts_take_time_in_proportion_to_their_length() {
    let pieces = [
        r"\boxed{",
        r"\boxed{}",
        "{",
        "}",
        r"\",
        "answer is ",
        "answer is (",
        "answer is.",
        "answer is $",
        "answer is $$",
        r"answer is \(",
        "answer: ",
        "answer:\n",
        "final answer:",
        "(A",
        "(A)b",
        "**A",
        "A\n",
        "\nA ",
        "option is option ",
        "answer is \\text{",
        "é",
        "answer is thus ",
    ];
    for piece in pieces {
        let text = piece.repeat(100_000);
        for (name, extractor) in extractors() {
            let begun = Instant::now();
            let _ = extractor.extract(&text).unwrap();
            assert!(begun.elapsed() < Duration::from_secs(5), "{name} on {piece:?}: {:?}", begun.elapsed());
        }
    }
}

proptest! {
    #[test]
    fn an_answer_is_trimmed_and_part_of_the_solution_in_some_case(
        solution in "(.|answer is |Answer: |\\\\boxed\\{|\\}|\\(C\\)|\\*\\*|\\$|\n){0,20}"
    ) {
        for (name, extractor) in extractors() {
            let answer = extractor.extract(&solution).unwrap();
            if let Some(answer) = answer {
                prop_assert!(!answer.is_empty() && answer == answer.trim(), "{}: {:?}", name, answer);
                let found = solution.contains(&answer) || solution.contains(&answer.to_lowercase());
                prop_assert!(found, "{}: {:?}", name, answer);
            }
        }
    }

    #[test]
    fn what_is_stated_is_read_back(letter in "[A-J]", before in "[a-z ,.]{0,40}", number in 0..10_000_u32) {
        let solution = format!("{before}\n\nThe answer is ({letter}).");
        prop_assert_eq!(answer("letter", &solution), Some(letter));
        let solution = format!("{before}\n\nThe answer is **{number}**.");
        prop_assert_eq!(answer("answer_is", &solution), Some(number.to_string()));
        let solution = format!("{before} $\\boxed{{{number}}}$");
        prop_assert_eq!(answer("boxed", &solution), Some(number.to_string()));
    }
}

fn answer(name: &str, solution: &str) -> Option<String> {
    Registry::builtin().make(&PluginSpec::<dyn AnswerExtractor>::named(name)).unwrap().extract(solution).unwrap()
}
