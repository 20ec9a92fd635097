//! A job that ends before its time goes on where it was.

use std::sync::atomic::Ordering;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::place::{COTS, Place, cut};
use crate::jobs::JobError;
use crate::{Context, Error, Progress, ProgressStage, Registry};

/// What a job leaves.
const FINISHED: [&str; 5] =
    ["law_rationales.jsonl", "law_reward.json", "math_rationales.jsonl", "math_reward.json", "provenance.json"];

fn settings(scope: &str) -> Value {
    json!({"scope": scope})
}

#[test]
fn a_job_that_ends_well_leaves_whole_files_and_no_journal() {
    let place = Place::new();
    let written = place.score(settings("cot"), "out").unwrap();
    assert_eq!(place.names("out"), FINISHED);
    assert_eq!(place.script.times_scored(), COTS);
    assert_eq!((written[0].questions, written[0].cots, written[0].resumed, written[0].missing), (7, 21, 0, 5));
    assert!(written[0].file.ends_with("out/law_reward.json"));
    // A second run has nothing to do.
    assert!(place.score(settings("cot"), "out").unwrap().is_empty());
    assert_eq!(place.script.times_scored(), COTS);
}

#[test]
fn what_is_done_is_not_done_again() {
    let place = Place::new();
    let whole = place.undisturbed(settings("cot"));
    place.script.fail_after.store(10, Ordering::Relaxed);
    let message = place.score(settings("cot"), "out").unwrap_err().to_string();
    assert!(message.contains("law: ") && message.contains("the machine is gone"), "{message}");
    assert_eq!(place.names("out"), ["law_reward.journal", "provenance.json"]);
    let written = place.score(settings("cot"), "out").unwrap();
    assert_eq!(written[0].resumed, 10);
    assert_eq!(place.files("out"), whole);
    assert!(place.script.scored.lock().unwrap().values().all(|times| *times == 1));
    assert_eq!(place.script.times_scored(), COTS);
}

#[test]
fn a_question_whose_cots_are_judged_together_is_handed_over_whole() {
    let place = Place::new();
    let whole = place.undisturbed(settings("question"));
    place.script.fail_after.store(10, Ordering::Relaxed);
    place.score(settings("question"), "out").unwrap_err();
    place.score(settings("question"), "out").unwrap();
    assert_eq!(place.files("out"), whole);
    assert!(place.script.times_scored() > COTS, "no question was cut in two");
}

#[test]
fn a_finished_category_outlives_the_failure_of_the_next() {
    let place = Place::new();
    place.script.fail_after.store(22, Ordering::Relaxed);
    let message = place.score(settings("cot"), "out").unwrap_err().to_string();
    assert!(message.contains("math: "), "{message}");
    assert_eq!(
        place.names("out"),
        ["law_rationales.jsonl", "law_reward.json", "math_reward.journal", "provenance.json"]
    );
    let written = place.score(settings("cot"), "out").unwrap();
    assert_eq!(written.len(), 1);
    assert_eq!(place.script.times_scored(), COTS);
}

#[test]
fn a_job_that_is_asked_to_stop_says_what_is_kept() {
    let place = Place::new();
    let whole = place.undisturbed(settings("cot"));
    place.script.fail_after.store(4, Ordering::Relaxed);
    place.score(settings("cot"), "out").unwrap_err();
    let context = place.context();
    context.cancel();
    let error = place.score_under(&context, settings("cot"), "out", None).unwrap_err();
    assert!(error.is_cancelled());
    assert!(matches!(&error, Error::Job(job) if matches!(**job, JobError::Stopped { kept: 4, .. })), "{error:?}");
    place.score(settings("cot"), "out").unwrap();
    assert_eq!(place.files("out"), whole);
    assert_eq!(place.script.times_scored(), COTS);
}

#[test]
fn what_a_killed_job_left_of_a_file_that_it_was_writing_is_removed() {
    let place = Place::new();
    place.script.fail_after.store(4, Ordering::Relaxed);
    place.score(settings("cot"), "out").unwrap_err();
    place.write("out/.law_reward.json.7-0.partial", "[{\"q_id\"");
    place.write("out/.law_rationales.jsonl.7-0.partial", "{\"q_id\"");
    place.score(settings("cot"), "out").unwrap();
    assert_eq!(place.names("out"), FINISHED);
}

#[test]
fn a_journal_that_is_left_beside_its_finished_file_is_removed() {
    let place = Place::new();
    place.score(settings("cot"), "out").unwrap();
    place.write("out/law_reward.journal", "whatever");
    place.score(settings("cot"), "out").unwrap();
    assert_eq!(place.names("out"), FINISHED);
}

#[test]
fn progress_is_of_what_remains() {
    #[derive(Clone, Default)]
    struct Seen(std::sync::Arc<std::sync::Mutex<Vec<String>>>);
    impl Progress for Seen {
        fn start(&self, stage: &str, total: Option<u64>) -> Box<dyn ProgressStage> {
            self.0.lock().unwrap().push(format!("{stage} {total:?}"));
            Box::new(self.clone())
        }
        fn count(&self, unit: &str, amount: u64) {
            self.0.lock().unwrap().push(format!("{amount} {unit}"));
        }
    }
    impl ProgressStage for Seen {
        fn advance(&self, units: u64) {
            self.0.lock().unwrap().push(format!("+{units}"));
        }
    }
    let place = Place::new();
    place.script.fail_after.store(30, Ordering::Relaxed);
    place.score(settings("cot"), "out").unwrap_err();
    let seen = Seen::default();
    let context = place.context().with_progress(seen.clone());
    place.score_under(&context, settings("cot"), "out", None).unwrap();
    assert_eq!(*seen.0.lock().unwrap(), ["scoring Some(3)", "+1", "+1", "+1"]);

    seen.0.lock().unwrap().clear();
    Context::new(Registry::builtin()).with_progress(seen.clone()).count("tokens", 512);
    assert_eq!(*seen.0.lock().unwrap(), ["512 tokens"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_work_and_any_kills_end_in_the_same_bytes(
        together in any::<bool>(),
        kills in proptest::collection::vec((any::<u16>(), 1..COTS, prop_oneof![Just(0_u64), 0..400_u64]), 0..5),
    ) {
        let place = Place::new();
        let settings = settings(if together { "question" } else { "cot" });
        let whole = place.undisturbed(settings.clone());
        let nothing_lost = kills.iter().all(|(_, _, lost)| *lost == 0);
        for (seed, after, lost) in kills {
            place.script.seed.store(seed.into(), Ordering::Relaxed);
            place.script.fail_after.store(after, Ordering::Relaxed);
            if place.score(settings.clone(), "out").is_ok() {
                break;
            }
            // The power was cut: the end of what was written never reached the disk.
            for category in ["law", "math"] {
                cut(&place.path(&format!("out/{category}_reward.journal")), lost);
            }
        }
        place.script.fail_after.store(0, Ordering::Relaxed);
        place.score(settings, "out").unwrap();
        prop_assert_eq!(place.files("out"), whole);
        if nothing_lost && !together {
            prop_assert_eq!(place.script.times_scored(), COTS);
        }
    }
}
