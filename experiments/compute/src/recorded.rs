//! CoTs that were recorded, in the place of the models that wrote and scored them: a strategy asks, and gets the next one.
//!
//! To the strategy a solution is a text. Here the text is the CoT's place among those of its question, and each part looks up what
//! was recorded there: its answer, its rewards, its tokens.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use touchstone::generator::{Completion, CompletionToken, FinishReason, GenerationRequest, Prompt, Sample};
use touchstone::random::PythonRandom;
use touchstone::{AnswerExtractor, Context, Cot, Error, Generator, Question, Result, Rewards, StepSplitter, Verifier};

/// What is known of a CoT.
pub struct Recorded {
    /// Its final answer.
    pub answer: Option<String>,
    /// How many tokens it has.
    pub tokens: usize,
    /// The rewards of each model.
    pub rewards: Vec<Rewards>,
}

/// The CoTs of one question, handed out in one order. It is the generator, the verifier and the reader of answers in one.
pub struct Replay<'a> {
    cots: &'a [Recorded],
    order: Vec<usize>,
    handed_out: AtomicUsize,
    /// Whose rewards are given.
    model: Option<usize>,
    /// The tokens of the question, which a reward model reads once.
    question: u64,
    read: AtomicU64,
}

impl<'a> Replay<'a> {
    /// The CoTs in the order of this seed.
    pub fn new(cots: &'a [Recorded], model: Option<usize>, question: u64, seed: u64) -> Self {
        let mut order: Vec<usize> = (0..cots.len()).collect();
        PythonRandom::new(seed).shuffle(&mut order);
        Self { cots, order, handed_out: AtomicUsize::new(0), model, question, read: AtomicU64::new(0) }
    }

    /// How many tokens the reward model has read.
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    fn of_text(&self, text: &str) -> Result<&Recorded> {
        let found = text.parse::<usize>().ok().and_then(|place| self.cots.get(place));
        found.ok_or_else(|| Error::plugin("recorded", format!("no CoT is recorded as {text:?}")))
    }
}

impl Generator for Replay<'_> {
    fn generate(
        &self,
        _: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> Result<()> {
        for prompt in 0..prompts.len() {
            for sample in 0..request.samples {
                let next = self.handed_out.fetch_add(1, Ordering::Relaxed);
                let place = *self.order.get(next).ok_or_else(|| {
                    Error::plugin("recorded", format!("only {} CoTs are recorded; set fewer samples", self.cots.len()))
                })?;
                let token = CompletionToken { offset: 0, log_probability: None, candidates: Vec::new() };
                let completion = Completion {
                    text: place.to_string(),
                    finish: FinishReason::EndOfText,
                    tokens: vec![token; self.cots[place].tokens],
                };
                done(Sample { prompt, sample }, completion);
            }
        }
        Ok(())
    }
}

impl Verifier for Replay<'_> {
    fn score(&self, _: &Context, _: &Question, cot: &Cot) -> Result<Rewards> {
        let recorded = self.of_text(cot.steps.first().map_or("", |step| step))?;
        // The first one to be scored brings the question; what CoTs share is read once.
        let question = if self.read() == 0 { self.question } else { 0 };
        self.read.fetch_add(question + recorded.tokens as u64, Ordering::Relaxed);
        self.model
            .and_then(|model| recorded.rewards.get(model))
            .cloned()
            .ok_or_else(|| Error::plugin("recorded", "the strategy goes by rewards: name its model in the recipe"))
    }
}

impl StepSplitter for Replay<'_> {
    /// The text stands for all steps.
    fn split(&self, solution: &str) -> Result<Vec<Range<usize>>> {
        Ok(std::iter::once(0..solution.len()).filter(|range| !range.is_empty()).collect())
    }
}

impl AnswerExtractor for Replay<'_> {
    fn extract(&self, solution: &str) -> Result<Option<String>> {
        Ok(self.of_text(solution)?.answer.clone())
    }
}
