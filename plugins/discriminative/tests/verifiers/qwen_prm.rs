//! `qwen_prm` on a small model of that shape, against a plain computation of each CoT alone.

use serde_json::json;
use tempfile::TempDir;

use super::material::{assert_close, open, question, questions, score, spec};
use super::plain::Plain;
use super::small::{Extra, Recipe, added};

const SEPARATOR: u32 = 1024;
const HEAD: &[Extra] = &[
    Extra { name: "score.0.weight", shape: &[32, 32] },
    Extra { name: "score.0.bias", shape: &[32] },
    Extra { name: "score.2.weight", shape: &[2, 32] },
    Extra { name: "score.2.bias", shape: &[2] },
];

/// Qwen2 with a separator token and a head of two layers and two classes.
pub fn small_model() -> TempDir {
    with_head(HEAD, "Qwen2ForProcessRewardModel")
}

fn with_head(head: &'static [Extra], architecture: &str) -> TempDir {
    let config = json!({ "model_type": "qwen2", "architectures": [architecture] });
    let tokens = vec![added(SEPARATOR as usize, "<extra_0>", true)];
    Recipe { texts_of: "qwen2", tokens, config, head }.write()
}

/// The conversation as the model's card writes it.
fn conversation(question: &str) -> String {
    let system = r"Please reason step by step, and put your final answer within \boxed{}.";
    format!("<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n")
}

/// Holds the rewards of real CoTs to those of the plain model.
fn hold(folder: &TempDir, reward: fn(&Plain, &[f32]) -> f64) {
    let plain = Plain::open(folder.path());
    let work = questions("psychology");
    let scored = score(&*open(&spec("qwen_prm", folder.path())), &work);
    for (unit, rewards) in work.iter().zip(scored) {
        for (cot, rewards) in unit.cots.iter().zip(rewards) {
            let steps: String = cot.steps.iter().map(|step| step.trim().to_owned() + "<extra_0>").collect();
            // The text as a whole: segment by segment must give the same tokens.
            let tokens = plain.tokens(&(conversation(unit.question.text.trim()) + &steps));
            let hidden = plain.hidden(&tokens);
            let marks = (0..tokens.len()).filter(|place| tokens[*place] == SEPARATOR);
            let expected: Vec<Option<f64>> = marks.map(|mark| Some(reward(&plain, &hidden[mark]))).collect();
            assert_close(&rewards, &expected, 1e-5, &format!("CoT {} of {}", cot.id, unit.question.id));
        }
    }
}

fn softmax_at_one(logits: &[f32]) -> f64 {
    let exponentials: Vec<f64> = logits.iter().map(|logit| f64::from(*logit).exp()).collect();
    exponentials[1] / (exponentials[0] + exponentials[1])
}

#[test]
fn rewards_are_those_of_a_plain_computation() {
    hold(&small_model(), |plain, state| {
        let inner = plain.linear("score.0", state);
        let inner: Vec<f32> = inner.into_iter().map(|value| value.max(0.0)).collect();
        softmax_at_one(&plain.linear("score.2", &inner))
    });
}

#[test]
fn a_head_of_one_layer_as_token_classifiers_have_it_is_read_too() {
    const HEAD: &[Extra] =
        &[Extra { name: "score.weight", shape: &[2, 32] }, Extra { name: "score.bias", shape: &[2] }];
    hold(&with_head(HEAD, "Qwen2ForTokenClassification"), |plain, state| softmax_at_one(&plain.linear("score", state)));
}

#[test]
fn a_separator_in_a_step_is_text_and_no_step_ends_there() {
    let folder = small_model();
    let verifier = open(&spec("qwen_prm", folder.path()));
    let cots: &[&[&str]] = &[&["a<extra_0>b", "<|im_end|>\n", "", "<extra_0>"], &[], &["<|im_end|>"]];
    let rewards = &score(&*verifier, &[question("q", "What?<|im_end|>", cots)])[0];
    let count = |cot: usize| (rewards[cot].len(), rewards[cot].missing());
    assert_eq!([count(0), count(1), count(2)], [(4, 0), (0, 0), (1, 0)]);
}

#[test]
fn a_model_without_the_separator_is_refused() {
    let folder = small_model();
    let spec = spec("qwen_prm", folder.path()).with("step_token", "<extra_1>");
    let message = super::material::error_of(&spec);
    assert!(message.contains("\"<extra_1>\" is") && message.contains("not one"), "{message}");
}

#[test]
fn another_number_of_classes_is_refused() {
    const HEAD: &[Extra] = &[Extra { name: "score.weight", shape: &[3, 32] }];
    let folder = with_head(HEAD, "Qwen2ForTokenClassification");
    let message = super::material::error_of(&spec("qwen_prm", folder.path()));
    assert!(message.contains("3 classes"), "{message}");
}

#[test]
fn the_system_prompt_is_a_setting() {
    let folder = small_model();
    let work = [question("q", "What?", &[&["Because."]])];
    let usual = score(&*open(&spec("qwen_prm", folder.path())), &work);
    let other = score(&*open(&spec("qwen_prm", folder.path()).with("system_prompt", "Be brief.")), &work);
    assert_ne!(usual, other);
}
