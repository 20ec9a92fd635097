//! Critiquing jobs: interrupted, resumed, and with rows that look alike.

use std::sync::atomic::Ordering;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::place::cut;
use super::sampling::studio::Studio;
use crate::data::TrainingSet;
use crate::generator::Prompt;
use crate::jobs::{CritiquePrompts, CritiquedCategory, Critiquing, CritiquingSettings, DataFingerprint};
use crate::{Context, Cot, Generator, PluginSpec, Question, Result};

/// Asks with the question, the steps and a word.
struct Plain(&'static str);

impl CritiquePrompts for Plain {
    fn prompt(&self, _generator: &dyn Generator, _context: &Context, question: &Question, cot: &Cot) -> Result<Prompt> {
        let steps: Vec<&str> = cot.steps.iter().map(|step| &**step).collect();
        Ok(Prompt { text: format!("{} {} {}", self.0, question.text, steps.join("; ")) })
    }

    fn templates(&self) -> Vec<(String, String)> {
        vec![("plain".to_owned(), self.0.to_owned())]
    }

    fn settings(&self) -> Map<String, Value> {
        Map::new()
    }
}

/// A studio with so many training rows, two a CoT.
fn studio(rows: usize) -> Studio {
    let studio = Studio::new(1, 1);
    let row = |row: usize| {
        json!({
            "q_id": row / 4, "question": format!("{}?", row / 4), "answer": "A", "cot_id": row / 2 % 2, "cot": [format!("{row}")],
            "parsed_answer": null, "labels": [1], "unknown": true,
        })
    };
    studio.write("train/law.jsonl", &(0..rows).map(|place| row(place).to_string() + "\n").collect::<String>());
    studio
}

fn critique(studio: &Studio, word: &'static str, out: &str) -> Result<Vec<CritiquedCategory>> {
    let rows = TrainingSet::open(&studio.path("train").to_str().unwrap().parse().unwrap()).unwrap();
    let settings = CritiquingSettings {
        critiques: 2.try_into().unwrap(),
        sampler: PluginSpec::named("first"),
        ..CritiquingSettings::new(PluginSpec::named("scripted"))
    };
    let critiquing = Critiquing {
        context: &studio.context(),
        settings: &settings,
        prompts: &Plain(word),
        rows: &rows,
        fingerprint: &DataFingerprint::of(&rows).unwrap(),
        folder: &studio.path(out),
        shard: None,
    };
    critiquing.run()
}

fn file(studio: &Studio, out: &str) -> Vec<u8> {
    std::fs::read(studio.path(&format!("{out}/law.json"))).unwrap()
}

#[test]
fn every_row_comes_once_for_each_critique_with_all_else_as_it_was() {
    let studio = studio(9);
    let written = critique(&studio, "Check", "out").unwrap();
    assert_eq!((written[0].rows, written[0].critiques, written[0].resumed), (9, 18, 0));
    assert_eq!(studio.names("out"), ["law.json", "provenance.json"]);
    let rows: Vec<Value> = serde_json::from_slice(&file(&studio, "out")).unwrap();
    for (place, row) in rows.iter().enumerate() {
        let place = place / 2;
        let expected = json!({
            "q_id": place / 4, "question": format!("{}?", place / 4), "answer": "A", "cot_id": place / 2 % 2,
            "cot": [format!("{place}")], "parsed_answer": null, "critique": row["critique"], "labels": [1],
        });
        assert_eq!(*row, expected);
        assert!(row["critique"].is_string());
    }
    // A row that looks like another is asked for by itself.
    assert_eq!(studio.script.asked.lock().unwrap().len(), 9);
    assert!(critique(&studio, "Check", "out").unwrap().is_empty());
    let told = critique(&studio, "Look at", "out").unwrap_err().to_string();
    assert!(told.contains("the critiques in ") && told.contains("templates.plain: it was "), "{told}");
}

#[test]
fn a_job_that_is_asked_to_stop_says_what_is_kept() {
    let studio = studio(9);
    studio.script.stop_after.store(5, Ordering::Relaxed);
    let told = critique(&studio, "Check", "out").unwrap_err();
    assert!(told.is_cancelled(), "{told}");
    assert!(told.to_string().contains("stopped on request: 5 critiques are kept in "), "{told}");
}

#[test]
fn a_generator_that_leaves_one_out_is_told_of() {
    let studio = studio(3);
    studio.script.forgets.store(true, Ordering::Relaxed);
    let told = critique(&studio, "Check", "out").unwrap_err().to_string();
    assert!(told.contains("law: the generator gave no completion for sample "), "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_work_and_any_kills_end_in_the_same_bytes(
        kills in proptest::collection::vec((any::<u64>(), 1..20_usize, prop_oneof![Just(0_u64), 0..400_u64]), 0..5),
    ) {
        let studio = studio(11);
        critique(&studio, "Check", "whole").unwrap();
        for (order, after, lost) in kills {
            studio.script.order.store(order, Ordering::Relaxed);
            studio.script.fail_after.store(after, Ordering::Relaxed);
            if critique(&studio, "Check", "out").is_ok() {
                break;
            }
            cut(&studio.path("out/law.journal"), lost);
        }
        studio.script.fail_after.store(0, Ordering::Relaxed);
        critique(&studio, "Check", "out").unwrap();
        prop_assert_eq!(file(&studio, "out"), file(&studio, "whole"));
    }
}
