//! A sampling job that ends before its time goes on where it was.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use proptest::prelude::*;
use serde_json::Value;

use super::super::place::cut;
use super::studio::Studio;
use crate::data::TestSet;
use crate::jobs::JobError;
use crate::{Error, Result};

/// The questions whose every solution is in the journals of a folder.
fn whole_in_journals(studio: &Studio, folder: &str) -> HashSet<String> {
    let mut found = HashSet::new();
    for category in ["law", "math"] {
        let text = std::fs::read_to_string(studio.path(&format!("{folder}/{category}.journal"))).unwrap_or_default();
        let records = text.lines().skip(1).filter_map(|line| serde_json::from_str::<Value>(line.get(9..)?).ok());
        let mut samples: Vec<(u64, u64)> =
            records.map(|record| (record["q_id"].as_u64().unwrap(), record["sample"].as_u64().unwrap())).collect();
        samples.sort_unstable();
        samples.dedup();
        for question in samples.chunk_by(|left, right| left.0 == right.0).filter(|known| known.len() == 3) {
            found.insert(format!("{category} {}?", question[0].0));
        }
    }
    found
}

#[test]
fn a_job_that_ends_well_leaves_a_test_set_and_no_journal() {
    let studio = Studio::new(7, 4);
    let written = studio.sample("out").unwrap();
    assert_eq!(studio.names("out"), ["law.json", "math.json", "provenance.json"]);
    assert_eq!((written[0].questions, written[0].cots, written[0].resumed), (7, 21, 0));
    let set = TestSet::open(&studio.path("out").to_str().unwrap().parse().unwrap()).unwrap();
    let rows = set.rows(&"law".into()).unwrap().collect::<Result<Vec<_>>>().unwrap();
    let ids: Vec<&str> = rows.iter().map(|row| row.question.id.as_str()).collect();
    assert_eq!(ids, ["0", "1", "2", "3", "4", "5", "6"]);
    for row in &rows {
        assert_eq!(row.question.text, format!("law {}?", row.question.id));
        assert_eq!(row.cots.iter().map(|cot| cot.id.0).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(row.gold, "A");
    }
    // A second run has nothing to do.
    assert!(studio.sample("out").unwrap().is_empty());
    assert_eq!(studio.script.times_asked(), 11);
}

#[test]
fn two_thousand_prompts_killed_twice_end_in_the_bytes_of_an_undisturbed_job() {
    let studio = Studio::new(1500, 500);
    let whole = studio.undisturbed();
    // A kill, which tears the record that was being written; then Ctrl-C; each with the work in another order.
    studio.script.fail_after.store(2000, Ordering::Relaxed);
    studio.script.order.store(7, Ordering::Relaxed);
    studio.sample("out").unwrap_err();
    cut(&studio.path("out/law.journal"), 5);
    let first = whole_in_journals(&studio, "out");
    assert!(first.len() > 100 && first.len() < 1500, "{}", first.len());
    studio.script.asked.lock().unwrap().clear();
    studio.script.stop_after.store(2000, Ordering::Relaxed);
    studio.script.order.store(8, Ordering::Relaxed);
    let stopped = studio.sample("out").unwrap_err();
    assert!(stopped.is_cancelled(), "{stopped}");
    let second = whole_in_journals(&studio, "out");
    assert!(second.len() > first.len());
    let asked = |of: &HashSet<String>| {
        let asked = studio.script.asked.lock().unwrap();
        of.iter().filter(|question| asked.keys().any(|prompt| prompt.contains(&format!("\n{question}<")))).count()
    };
    assert_eq!(asked(&first), 0, "a question whose solutions are kept is not asked again");
    studio.script.asked.lock().unwrap().clear();
    let written = studio.sample("out").unwrap();
    assert_eq!(asked(&second), 0);
    assert!(written[0].resumed > 3000, "{written:?}");
    assert_eq!(studio.files("out"), whole);
    assert_eq!(studio.names("out"), ["law.json", "math.json", "provenance.json"]);
    let set = TestSet::open(&studio.path("out").to_str().unwrap().parse().unwrap()).unwrap();
    let rows: usize = set.categories().map(|category| set.rows(category).unwrap().count()).sum();
    assert_eq!(rows, 2000);
}

#[test]
fn a_job_that_is_asked_to_stop_says_what_is_kept() {
    let studio = Studio::new(7, 4);
    studio.script.stop_after.store(5, Ordering::Relaxed);
    let error = studio.sample("out").unwrap_err();
    assert!(matches!(&error, Error::Job(job) if matches!(**job, JobError::Stopped { kept: 5, .. })), "{error:?}");
    let told = error.to_string();
    assert!(told.contains("stopped on request: 5 CoTs are kept in ") && told.contains("the same command"), "{told}");
}

#[test]
fn what_was_kept_is_never_changed_whatever_the_generator_says_the_second_time() {
    let studio = Studio::new(4, 1);
    studio.script.mood.store(1, Ordering::Relaxed);
    studio.script.fail_after.store(4, Ordering::Relaxed);
    studio.sample("out").unwrap_err();
    let kept: Vec<Value> = std::fs::read_to_string(studio.path("out/law.journal"))
        .unwrap()
        .lines()
        .skip(1)
        .map(|line| serde_json::from_str(&line[9..]).unwrap())
        .collect();
    assert_eq!(kept.len(), 4);
    studio.script.mood.store(2, Ordering::Relaxed);
    studio.script.repeats.store(true, Ordering::Relaxed);
    studio.sample("out").unwrap();
    let rows: Value = serde_json::from_slice(&studio.files("out")[0]).unwrap();
    for record in kept {
        let cots = &rows[record["q_id"].as_u64().unwrap() as usize]["cots"];
        let steps = cots[record["sample"].as_u64().unwrap() as usize].as_array().unwrap();
        let text = record["text"].as_str().unwrap();
        assert!(steps.iter().all(|step| text.contains(step.as_str().unwrap())), "{record} became {steps:?}");
        assert_eq!(steps.is_empty(), text.trim().is_empty());
    }
    assert!(!rows.to_string().contains("again"), "of two completions of one sample the first counts");
}

#[test]
fn a_finished_category_outlives_the_failure_of_the_next() {
    let studio = Studio::new(7, 4);
    studio.script.fail_after.store(22, Ordering::Relaxed);
    let message = studio.sample("out").unwrap_err().to_string();
    assert!(message.contains("math: ") && message.contains("the machine is gone"), "{message}");
    assert_eq!(studio.names("out"), ["law.json", "math.journal", "provenance.json"]);
    assert_eq!(studio.sample("out").unwrap().len(), 1);
}

#[test]
fn a_generator_that_leaves_one_out_or_makes_one_up_is_told_of_and_nothing_is_lost() {
    let studio = Studio::new(3, 1);
    let whole = studio.undisturbed();
    studio.script.forgets.store(true, Ordering::Relaxed);
    let told = studio.sample("out").unwrap_err().to_string();
    assert!(told.contains("law: the generator gave no completion for sample "), "{told}");
    studio.script.forgets.store(false, Ordering::Relaxed);
    studio.script.invents.store(true, Ordering::Relaxed);
    let told = studio.sample("out").unwrap_err().to_string();
    assert!(told.contains("sample 3 of prompt 0") && told.contains("3 samples of 1 prompts"), "{told}");
    studio.script.invents.store(false, Ordering::Relaxed);
    studio.sample("out").unwrap();
    assert_eq!(studio.files("out"), whole);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_work_and_any_kills_end_in_the_same_bytes(
        kills in proptest::collection::vec((any::<u64>(), 1..33_usize, prop_oneof![Just(0_u64), 0..400_u64]), 0..5),
    ) {
        let studio = Studio::new(7, 4);
        let whole = studio.undisturbed();
        for (order, after, lost) in kills {
            studio.script.order.store(order, Ordering::Relaxed);
            studio.script.fail_after.store(after, Ordering::Relaxed);
            if studio.sample("out").is_ok() {
                break;
            }
            // The power was cut: the end of what was written never reached the disk.
            for category in ["law", "math"] {
                cut(&studio.path(&format!("out/{category}.journal")), lost);
            }
        }
        studio.script.fail_after.store(0, Ordering::Relaxed);
        studio.sample("out").unwrap();
        prop_assert_eq!(studio.files("out"), whole);
    }
}
