//! A verifier that compares a question's CoTs.

use touchstone_sdk::verifier::Scope;
use touchstone_sdk::{Context, Cot, Question, QuestionCots, Result, Rewards, Verifier, VerifierSettings};

/// The share of the question's CoTs that have the CoT's answer.
#[touchstone_sdk::settings]
pub struct Agreement {}

impl Verifier for Agreement {
    fn scope(&self) -> Scope {
        Scope::Question
    }

    fn score(&self, context: &Context, question: &Question, cot: &Cot) -> Result<Rewards> {
        let alone = QuestionCots { question: question.clone(), cots: vec![cot.clone()] };
        Ok(self.score_question(context, &alone)?.remove(0))
    }

    fn score_question(&self, _context: &Context, work: &QuestionCots) -> Result<Vec<Rewards>> {
        let share = |cot: &Cot| {
            let same = work.cots.iter().filter(|other| other.answer == cot.answer).count();
            Rewards::new(vec![Some(same as f64 / work.cots.len() as f64)])
        };
        work.cots.iter().map(share).collect()
    }
}

impl VerifierSettings for Agreement {
    fn open(&self, _context: &Context) -> Result<Box<dyn Verifier>> {
        Ok(Box::new(self.clone()))
    }
}
