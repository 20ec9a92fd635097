//! Models, questions and CoTs for the tests.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Deserialize;
use touchstone::{
    Category, Context, Cot, CotId, PluginSpec, Question, QuestionCots, Registry, Rewards, Step, Verifier,
};

/// A question with CoTs, as a test set has it.
#[derive(Deserialize)]
struct Row {
    q_id: String,
    question: String,
    cot_ids: Vec<i64>,
    cots: Vec<Vec<String>>,
}

/// The real questions of this category.
pub fn questions(category: &str) -> Vec<QuestionCots> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/cots/{category}.jsonl"));
    let text = std::fs::read_to_string(path).unwrap();
    let question = |line: &str| {
        let row: Row = serde_json::from_str(line).unwrap();
        let cot = |(id, steps): (i64, Vec<String>)| Cot {
            id: CotId(id),
            steps: steps.into_iter().map(Step::from).collect(),
            answer: None,
        };
        QuestionCots {
            question: Question { id: row.q_id.into(), category: Category::new(category), text: row.question },
            cots: row.cot_ids.into_iter().zip(row.cots).map(cot).collect(),
        }
    };
    text.lines().map(question).collect()
}

/// A question with these CoTs, numbered from 0.
pub fn question(id: &str, text: &str, cots: &[&[&str]]) -> QuestionCots {
    let cot = |(id, steps): (i64, &&[&str])| Cot {
        id: CotId(id),
        steps: steps.iter().copied().map(Step::from).collect(),
        answer: None,
    };
    QuestionCots {
        question: Question { id: id.into(), category: Category::new("law"), text: text.to_owned() },
        cots: (0..).zip(cots).map(cot).collect(),
    }
}

/// The folder of a small model of the golden results.
pub fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../candle/tests/golden/models").join(name)
}

pub fn context() -> Context {
    Context::new(Registry::builtin())
}

/// The settings of a verifier with the model in this folder.
pub fn spec(verifier: &str, model: &Path) -> PluginSpec<dyn Verifier> {
    PluginSpec::named(verifier).with("model", model.to_str().unwrap())
}

pub fn open(spec: &PluginSpec<dyn Verifier>) -> Box<dyn Verifier> {
    let context = context();
    context.registry().make(spec).unwrap().open(&context).unwrap()
}

/// What opening gives where it must fail.
pub fn error_of(spec: &PluginSpec<dyn Verifier>) -> String {
    let context = context();
    context.registry().make(spec).unwrap().open(&context).err().unwrap().to_string()
}

/// The rewards of every CoT by `score_all`, in the order of the work.
pub fn score(verifier: &dyn Verifier, work: &[QuestionCots]) -> Vec<Vec<Rewards>> {
    let empty = work.iter().map(|unit| vec![None; unit.cots.len()]).collect();
    let scored: Mutex<Vec<Vec<Option<Rewards>>>> = Mutex::new(empty);
    verifier
        .score_all(&context(), work, &|id, rewards| {
            let unit = work.iter().position(|unit| unit.question.id == *id.question).unwrap();
            let cot = work[unit].cots.iter().position(|cot| cot.id == id.cot).unwrap();
            assert!(scored.lock().unwrap()[unit][cot].replace(rewards).is_none(), "{id:?} comes twice");
        })
        .unwrap();
    let scored = scored.into_inner().unwrap();
    scored.into_iter().map(|rewards| rewards.into_iter().map(Option::unwrap).collect()).collect()
}

/// Fails where two lists of rewards differ by more than `bound`, or one misses what the other has.
pub fn assert_close(got: &[Option<f64>], expected: &[Option<f64>], bound: f64, told: &str) {
    assert_eq!(got.len(), expected.len(), "{told}: number of rewards");
    for (step, (got, expected)) in got.iter().zip(expected).enumerate() {
        match (got, expected) {
            (Some(got), Some(expected)) => {
                assert!((got - expected).abs() <= bound, "{told}, step {step}: {got} instead of {expected}");
            }
            (None, None) => {}
            other => panic!("{told}, step {step}: {other:?}"),
        }
    }
}

/// The model in this folder.
pub fn open_model(folder: &Path) -> touchstone_candle::Model {
    let location = folder.to_str().unwrap().parse().unwrap();
    touchstone_candle::Model::open(&location, None, &Default::default(), &context()).unwrap()
}
