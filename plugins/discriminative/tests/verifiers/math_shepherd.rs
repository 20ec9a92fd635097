//! `math_shepherd` on small models of that shape, against a plain computation of each CoT alone.

use serde_json::json;
use tempfile::TempDir;

use super::material::{assert_close, open, question, questions, score, spec};
use super::plain::Plain;
use super::small::{Recipe, added};

const BOS: u32 = 0;
const TAG: u32 = 1024;

/// Llama with a token for the tag.
pub fn small_model() -> TempDir {
    let tokens = vec![added(TAG as usize, " ки", false)];
    Recipe { texts_of: "llama", tokens, config: json!({ "max_position_embeddings": 2048 }), head: &[] }.write()
}

/// The published form, with this tag: the question and a blank, and a line for each step.
fn text(question: &str, steps: &[String], tag: &str) -> String {
    format!("{question} {}", steps.iter().map(|step| format!("{step}{tag}")).collect::<Vec<_>>().join("\n"))
}

fn softmax_of_two(correct: f32, incorrect: f32) -> f64 {
    let [correct, incorrect] = [correct, incorrect].map(|logit| f64::from(logit).exp());
    correct / (correct + incorrect)
}

#[test]
fn rewards_are_those_of_a_plain_computation() {
    let folder = small_model();
    let plain = Plain::open(folder.path());
    let candidate = |text: &str| *plain.tokens(text).last().unwrap();
    let (correct, incorrect) = (candidate("+"), candidate("-"));
    let work = questions("law");
    let scored = score(&*open(&spec("math_shepherd", folder.path())), &work);
    for (unit, rewards) in work.iter().zip(scored) {
        for (cot, rewards) in unit.cots.iter().zip(rewards) {
            let steps: Vec<String> = cot.steps.iter().map(|step| step.trim().to_owned()).collect();
            let tokens = [vec![BOS], plain.tokens(&text(unit.question.text.trim(), &steps, " ки"))].concat();
            let hidden = plain.hidden(&tokens);
            let marks = (0..tokens.len()).filter(|place| tokens[*place] == TAG);
            let reward = |mark: usize| {
                softmax_of_two(plain.logit(correct, &hidden[mark]), plain.logit(incorrect, &hidden[mark]))
            };
            let expected: Vec<Option<f64>> = marks.map(|mark| Some(reward(mark))).collect();
            assert_eq!(expected.len(), cot.steps.len());
            assert_close(&rewards, &expected, 1e-5, &format!("CoT {} of {}", cot.id, unit.question.id));
        }
    }
}

#[test]
fn a_tag_that_is_no_token_of_its_own_is_read_at_its_last_token() {
    const TAG: &str = " [end]";
    let folder = Recipe { texts_of: "llama", tokens: Vec::new(), config: json!({}), head: &[] }.write();
    let plain = Plain::open(folder.path());
    let candidate = |text: &str| *plain.tokens(text).last().unwrap();
    let (correct, incorrect) = (candidate("+"), candidate("-"));
    let steps = ["6 * 7 = 42.".to_owned(), "So it is 42".to_owned()];
    let work = [question("q", " What is 6 * 7? ", &[&["6 * 7 = 42. [end]", " So it is 42\n"]])];
    let rewards = &score(&*open(&spec("math_shepherd", folder.path()).with("tag", TAG)), &work)[0][0];
    // Each step's reward is the last one of the text that ends with its tag.
    let ends_with = |count: usize| {
        let tokens = [vec![BOS], plain.tokens(&text("What is 6 * 7?", &steps[..count], TAG))].concat();
        assert!(plain.tokens(TAG).len() > 1);
        let hidden = plain.hidden(&tokens);
        let state = hidden.last().unwrap();
        Some(softmax_of_two(plain.logit(correct, state), plain.logit(incorrect, state)))
    };
    assert_close(rewards, &[ends_with(1), ends_with(2)], 1e-5, "a tag of several tokens");
}

#[test]
fn texts_without_steps_or_words_are_read_too() {
    let folder = small_model();
    let cots: &[&[&str]] = &[&[], &[""], &[" ки", "ки ки", "\n"], &["<|end_of_text|>", "a"]];
    let rewards = &score(&*open(&spec("math_shepherd", folder.path())), &[question("q", "", cots)])[0];
    let counts: Vec<usize> = rewards.iter().map(|rewards| rewards.len()).collect();
    assert_eq!(counts, [0, 1, 3, 2]);
    assert!(rewards.iter().all(|rewards| rewards.missing() == 0));
}
