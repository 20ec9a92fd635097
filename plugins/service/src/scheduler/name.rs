//! Names of questions and CoTs by their content.

use sha2::{Digest, Sha256};
use touchstone::{Cot, CotId, Question, QuestionCots, QuestionId};

/// A hash of texts of which each is told from the next.
struct Fingerprint(Sha256);

impl Fingerprint {
    fn new() -> Self {
        Self(Sha256::new())
    }

    fn text(mut self, text: &str) -> Self {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
        self
    }

    fn question(self, question: &Question) -> Self {
        self.text(question.category.as_str()).text(&question.text)
    }

    fn cot(self, cot: &Cot) -> Self {
        let answer = match &cot.answer {
            Some(answer) => self.text("answer").text(answer),
            None => self.text("no answer"),
        };
        cot.steps.iter().fold(answer.text(&cot.steps.len().to_string()), |hash, step| hash.text(step))
    }

    fn number(self) -> u64 {
        let digest = self.0.finalize();
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// The name of a question whose CoTs are scored on their own.
pub(super) fn of_question(question: &Question) -> QuestionId {
    format!("{:016x}", Fingerprint::new().question(question).number()).into()
}

/// The name of a question whose CoTs are scored together: those are part of it.
pub(super) fn of_all(work: &QuestionCots) -> QuestionId {
    let question = Fingerprint::new().question(&work.question);
    format!("{:016x}", work.cots.iter().fold(question, Fingerprint::cot).number()).into()
}

/// The name of a CoT that is scored on its own.
pub(super) fn of_cot(cot: &Cot) -> CotId {
    // Below the sign.
    CotId((Fingerprint::new().cot(cot).number() >> 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cot(steps: &[&str], answer: Option<&str>) -> Cot {
        let steps = steps.iter().map(|step| (*step).into()).collect();
        Cot { id: CotId(7), steps, answer: answer.map(str::to_owned) }
    }

    #[test]
    fn the_same_content_has_one_name_and_other_content_another() {
        let of = |steps: &[&str], answer| of_cot(&cot(steps, answer));
        assert_eq!(of(&["a", "b"], None), of_cot(&Cot { id: CotId(8), ..cot(&["a", "b"], None) }));
        let others = [of(&["ab"], None), of(&["a", "b"], Some("A")), of(&["b", "a"], None), of(&[], None)];
        assert!(others.iter().all(|other| *other != of(&["a", "b"], None) && other.0 >= 0));
    }
}
