//! A verifier that shows its progress, and stops when it is asked to.

use std::time::Duration;

use touchstone_sdk::{Context, Cot, Question, QuestionCots, Result, Rewards, Verifier, VerifierSettings};

/// Waits at each CoT without steps until it is asked to stop.
#[touchstone_sdk::settings]
pub struct Watcher {}

impl Verifier for Watcher {
    fn score(&self, context: &Context, _question: &Question, cot: &Cot) -> Result<Rewards> {
        let _waiting = cot.steps.is_empty().then(|| context.start("waiting", None));
        while cot.steps.is_empty() {
            context.check_cancelled()?;
            std::thread::sleep(Duration::from_millis(1));
        }
        Rewards::new(vec![Some(0.5); cot.steps.len()])
    }

    fn score_question(&self, context: &Context, work: &QuestionCots) -> Result<Vec<Rewards>> {
        let watching = context.start("watching", Some(work.cots.len() as u64));
        let score = |cot| {
            let rewards = self.score(context, &work.question, cot)?;
            watching.advance(1);
            Ok(rewards)
        };
        work.cots.iter().map(score).collect()
    }
}

impl VerifierSettings for Watcher {
    fn open(&self, context: &Context) -> Result<Box<dyn Verifier>> {
        context.start("loading", Some(3)).advance(3);
        Ok(Box::new(self.clone()))
    }
}
