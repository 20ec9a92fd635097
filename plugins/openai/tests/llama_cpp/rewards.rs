//! Rewards of real CoTs, against an independent implementation and the local backend's golden figures.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Mutex;

use serde_json::Value;
use touchstone::{Cot, CotId, Question, QuestionCots, Rewards, Step, VerifierSettings};
use touchstone_openai::{RemoteDprm, RemoteSteps};

use super::{ALL, context, golden, server};

/// The questions of the golden rewards, with the CoTs that have some.
fn work(golden: &[Value]) -> Vec<QuestionCots> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../discriminative/tests/fixtures/cots/psychology.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let question = |row: Value| {
        let id = row["q_id"].as_str().unwrap();
        let wanted = golden.iter().filter(|case| case["q_id"] == *id);
        let cot = |case: &Value| {
            let place = case["cot_id"].as_u64().unwrap();
            let steps = row["cots"][place as usize].as_array().unwrap().iter();
            let steps = steps.map(|step| Step::from(step.as_str().unwrap())).collect();
            Cot { id: CotId(place as i64), steps, answer: None }
        };
        let text = row["question"].as_str().unwrap().to_owned();
        QuestionCots {
            question: Question { id: id.into(), category: "psychology".into(), text },
            cots: wanted.map(cot).collect(),
        }
    };
    rows.map(question).filter(|unit| !unit.cots.is_empty()).collect()
}

#[test]
fn rewards_are_those_of_an_independent_implementation() {
    let Some(url) = server::url() else { return };
    let golden = golden();
    let golden = golden["rewards"].as_array().unwrap();
    let mut settings = RemoteSteps::new(url, "smollm2");
    settings.connection.api_key_variable = String::new();
    settings.connection.concurrency = NonZeroUsize::new(2).unwrap();
    // The model was never trained to say `+` or `-`, so they are far down.
    settings.top_logprobs = NonZeroUsize::new(ALL).unwrap();
    let scored: Mutex<BTreeMap<(String, i64), Rewards>> = Mutex::default();
    let verifier = RemoteDprm(settings).open(&context()).unwrap();
    verifier
        .score_all(&context(), &work(golden), &|cot, rewards| {
            scored.lock().unwrap().insert((cot.question.to_string(), cot.cot.0), rewards);
        })
        .unwrap();
    let scored = scored.into_inner().unwrap();
    let (mut steps, mut largest) = (0, 0_f64);
    for case in golden {
        let cot = (case["q_id"].as_str().unwrap().to_owned(), case["cot_id"].as_i64().unwrap());
        let wanted = case["rewards"].as_array().unwrap();
        assert_eq!(scored[&cot].len(), wanted.len(), "{cot:?}");
        for (got, wanted) in scored[&cot].iter().zip(wanted) {
            largest = largest.max((got.unwrap() - wanted.as_f64().unwrap()).abs());
            steps += 1;
        }
    }
    println!("{steps} rewards within {largest:.1e}");
    assert_eq!((scored.len(), steps), (12, 33));
    assert!(largest < 1e-3, "{largest}");
}

#[test]
fn a_model_that_was_not_trained_to_say_the_candidates_is_an_error_and_no_guess() {
    let Some(url) = server::url() else { return };
    let golden = golden();
    let mut settings = RemoteSteps::new(url, "smollm2");
    settings.connection.api_key_variable = String::new();
    settings.top_logprobs = NonZeroUsize::MIN;
    let verifier = RemoteDprm(settings).open(&context()).unwrap();
    let work = work(golden["rewards"].as_array().unwrap());
    let told = verifier.score_question(&context(), &work[0]).unwrap_err().to_string();
    assert!(told.contains("step 1") && told.contains("`top_logprobs`"), "{told}");
}
