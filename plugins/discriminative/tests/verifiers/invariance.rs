//! No reward depends on what shares its batch, on how batches are packed, on the order of the work, or on memory.

use std::sync::OnceLock;

use proptest::prelude::*;
use touchstone::{QuestionCots, Verifier};

use super::material::{assert_close, context, model, open, questions, score, spec};

/// The bound: to the bit.
const BOUND: f64 = 0.0;

/// A model and what each CoT alone gets from it.
struct Alone {
    work: Vec<QuestionCots>,
    rewards: Vec<Vec<Vec<Option<f64>>>>,
}

fn alone(name: &'static str) -> Alone {
    let verifier = open(&spec("dprm", &model(name)));
    let work = questions("law");
    let rewards = work.iter().map(|unit| {
        let alone = |cot| verifier.score(&context(), &unit.question, cot).unwrap().to_vec();
        unit.cots.iter().map(alone).collect()
    });
    Alone { rewards: rewards.collect(), work }
}

fn models() -> &'static [(&'static str, Alone); 2] {
    static MODELS: OnceLock<[(&str, Alone); 2]> = OnceLock::new();
    // One reads texts whole, the other cuts them: then CoTs of a question share little.
    MODELS.get_or_init(|| ["qwen2", "llama-tied-short"].map(|name| (name, alone(name))))
}

/// Some of the questions with some of their CoTs, in another order and some of them twice.
#[derive(Clone, Debug)]
struct Selection {
    questions: Vec<usize>,
    cots: Vec<usize>,
    max_batch_tokens: usize,
}

fn selection() -> impl Strategy<Value = Selection> {
    let questions = Just((0..4).collect::<Vec<usize>>()).prop_shuffle();
    let cots = prop::collection::vec(0..4_usize, 1..6);
    (questions, 1..5_usize, cots, 1..3000_usize).prop_map(|(mut questions, count, cots, max_batch_tokens)| {
        questions.truncate(count);
        Selection { questions, cots, max_batch_tokens }
    })
}

fn selected(alone: &Alone, selection: &Selection) -> Vec<QuestionCots> {
    let unit = |question: &usize| {
        let unit = &alone.work[*question];
        let cots = selection.cots.iter().enumerate().map(|(id, cot)| {
            let mut cot = unit.cots[*cot].clone();
            cot.id = touchstone::CotId(id as i64);
            cot
        });
        QuestionCots { question: unit.question.clone(), cots: cots.collect() }
    };
    selection.questions.iter().map(unit).collect()
}

fn assert_alone(verifier: &dyn Verifier, alone: &Alone, selection: &Selection, told: &str) {
    let scored = score(verifier, &selected(alone, selection));
    for (question, rewards) in selection.questions.iter().zip(scored) {
        for (cot, rewards) in selection.cots.iter().zip(rewards) {
            assert_close(&rewards, &alone.rewards[*question][*cot], BOUND, &format!("{told}: CoT {cot} of {question}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_reward_depends_on_its_own_text_only(selection in selection()) {
        for (name, alone) in models() {
            let spec = spec("dprm", &model(name));
            let compute = serde_json::json!({ "max_batch_tokens": selection.max_batch_tokens });
            assert_alone(&*open(&spec.with("compute", compute)), alone, &selection, name);
        }
    }
}
