//! Questions with CoTs for the check of a verifier.

use super::super::calls::Case;
use super::super::texts::{HARD, megabyte_on_one_line, solution};
use crate::{Category, Cot, CotId, Question, QuestionCots, QuestionId, Step};

/// Questions of one category, the huge ones last.
pub(super) fn cases() -> Vec<Case<QuestionCots>> {
    vec![
        Case::ordinary("score_question of 16 CoTs of 2 kB", sixteen_cots()),
        Case::ordinary("score_question without CoTs", question(2.into(), Vec::new())),
        Case::ordinary("score_question of a lone CoT", question(3.into(), vec![cot(3, &["So it is A."], Some("A"))])),
        Case::ordinary("score_question of CoTs without steps, text and answer", question("none".into(), few())),
        Case::ordinary("score_question of CoTs of hard texts", question("Größe/二 🙂\n\"".into(), hard())),
        Case::huge("score_question of a step of a megabyte", {
            let step = megabyte_on_one_line();
            question("long step".into(), vec![cot(0, &[&step], Some("B"))])
        }),
        Case::huge("score_question of a CoT of 10,000 steps", {
            let steps = vec!["Then 1 = 1."; 10_000];
            question("many steps".into(), vec![cot(0, &steps, Some("C"))])
        }),
    ]
}

/// The question by which a verifier is timed.
pub(super) fn sixteen_cots() -> QuestionCots {
    let solution = solution();
    let steps: Vec<&str> = solution.split_terminator("\n\n").collect();
    let numbered = |number: i64| {
        let answer = char::from(b'A' + (number % 3) as u8).to_string();
        // Each has another last step, so that no two are the same.
        let last = format!("So the answer is {answer}, says solution {number}.");
        let steps: Vec<&str> = steps.iter().copied().chain([last.as_str()]).collect();
        cot(number, &steps, Some(&answer))
    };
    question(1.into(), (0..16).map(numbered).collect())
}

/// CoTs that lack something, with ids in no order.
fn few() -> Vec<Cot> {
    vec![
        cot(i64::MAX, &[], None),
        cot(-1, &[], Some("A")),
        cot(7, &["Yes."], None),
        cot(5, &["Yes."], None),
        cot(0, &["", " \n"], Some("")),
    ]
}

fn hard() -> Vec<Cot> {
    (0..).zip(HARD).map(|(id, hard)| cot(id, &["First.", hard.text], Some(hard.text))).collect()
}

fn question(id: QuestionId, cots: Vec<Cot>) -> QuestionCots {
    let text = "What is 6 * 7, in °C?\n\nA. 42\nB. 二\nC. \"0\"".to_owned();
    QuestionCots { question: Question { id, category: Category::new("law"), text }, cots }
}

fn cot(id: i64, steps: &[&str], answer: Option<&str>) -> Cot {
    Cot { id: CotId(id), steps: steps.iter().copied().map(Step::from).collect(), answer: answer.map(str::to_owned) }
}
