//! The verifier that all reward models of this crate are when they run: texts with marks, read in batches.

use std::num::NonZeroUsize;

use touchstone::verifier::{Scope, ScoredCot};
use touchstone::{Context, Cot, Question, QuestionCots, Rewards, Verifier};
use touchstone_candle::Model;
use touchstone_candle::compute::Compute;
use touchstone_candle::reading::{ReadingHead, Sequence, SequenceId, TokenBudget, Unit, read};
use touchstone_candle::source::ModelLocation;
use touchstone_candle::tokenizer::Tokenizer;

use crate::error::{Error, Result};
use crate::marked::{Fitted, MarkedText};

/// How many questions are laid out at a time: enough to fill batches, and their tokens are small beside a model.
const QUESTIONS_AT_A_TIME: usize = 64;

/// How a question and its CoTs become text with a mark after each step: what the verifiers of this crate differ in.
pub(crate) trait Layout: Send + Sync {
    /// One text for each CoT with one mark for each of its steps.
    fn lay_out(&self, tokenizer: &Tokenizer, question: &Question, cots: &[Cot]) -> Result<Vec<MarkedText>>;
}

/// A verifier on its way from settings to a loaded model.
pub(crate) struct Opening<'s> {
    /// Its name in recipes.
    pub(crate) verifier: &'static str,
    pub(crate) model: &'s ModelLocation,
    pub(crate) adapter: Option<&'s ModelLocation>,
    pub(crate) compute: &'s Compute,
    pub(crate) context_length: Option<NonZeroUsize>,
}

/// What a kind of verifier brings: how its texts are laid out, and what is read at a mark. The head's two values are for a
/// wrong step and for a right one, in this order.
pub(crate) struct Kind {
    pub(crate) layout: Box<dyn Layout>,
    pub(crate) head: ReadingHead,
}

impl Opening<'_> {
    /// Loads the model and makes the verifier that `kind` describes for it.
    pub(crate) fn open(
        self,
        context: &Context,
        kind: impl FnOnce(&Model) -> Result<Kind>,
    ) -> touchstone::Result<Box<dyn Verifier>> {
        let named = |error: Error| error.of(self.verifier);
        let model = Model::open(self.model, self.adapter, self.compute, context).map_err(Error::from).map_err(named)?;
        let Kind { layout, head } = kind(&model).map_err(named)?;
        let context_length = self.context_length_of(&model).map_err(named)?;
        let budget = self.compute.budget(model.decoder());
        Ok(Box::new(StepReader { verifier: self.verifier, model, layout, head, context_length, budget }))
    }

    fn context_length_of(&self, model: &Model) -> Result<usize> {
        let context = model.decoder().config().context;
        match self.context_length.map(NonZeroUsize::get) {
            Some(wanted) if wanted > context => Err(Error::ContextTooLong { wanted, context }),
            wanted => Ok(wanted.unwrap_or(context)),
        }
    }
}

/// An open verifier of this crate.
struct StepReader {
    verifier: &'static str,
    model: Model,
    layout: Box<dyn Layout>,
    head: ReadingHead,
    context_length: usize,
    budget: TokenBudget,
}

/// Which CoT of which question, by their places.
#[derive(Clone, Copy)]
struct Place {
    question: usize,
    cot: usize,
}

impl StepReader {
    /// Scores these questions and hands over each CoT's rewards as soon as its batch is through.
    fn run(
        &self,
        context: &Context,
        work: &[QuestionCots],
        done: &mut dyn FnMut(Place, Rewards),
    ) -> touchstone::Result<()> {
        let mut texts = work.iter().map(|unit| self.texts(unit)).collect::<touchstone::Result<Vec<_>>>()?;
        let cut = texts.iter().flatten().filter(|text| text.cut > 0).count();
        meter(context, work, &texts);
        let sequences = |texts: &mut Vec<Fitted>| -> Vec<Sequence> {
            texts.iter_mut().map(|text| std::mem::take(&mut text.sequence)).collect()
        };
        let units: Vec<Unit> = texts.iter_mut().map(|texts| Unit { sequences: sequences(texts) }).collect();
        let mut failed = None;
        let mut hand_over = |id: SequenceId, values: Vec<Vec<f32>>| {
            let lost = std::iter::repeat_n(None, texts[id.unit][id.sequence].lost);
            let rewards = lost.chain(values.iter().map(|logits| Some(probability(logits)))).collect();
            match Rewards::new(rewards) {
                Ok(rewards) => done(Place { question: id.unit, cot: id.sequence }, rewards),
                Err(error) => failed = Some(error),
            }
        };
        let outcome = read(self.model.decoder(), &self.head, &units, self.budget, context, &mut hand_over);
        outcome.map_err(|error| Error::from(error).of(self.verifier))?;
        if cut > 0 {
            context.count("cut CoTs", cut as u64);
        }
        failed.map_or(Ok(()), Err)
    }

    /// The texts of a question's CoTs, cut to the context.
    fn texts(&self, unit: &QuestionCots) -> touchstone::Result<Vec<Fitted>> {
        let texts = self.layout.lay_out(self.model.tokenizer(), &unit.question, &unit.cots);
        let texts = texts.map_err(|error| error.of(self.verifier).at(format!("question {}", unit.question.id)))?;
        Ok(texts.into_iter().map(|text| text.fit(self.context_length)).collect())
    }
}

impl Verifier for StepReader {
    /// On a GPU the last digits depend on what shares a batch, so there a question is resumed as a whole or not at all.
    fn scope(&self) -> Scope {
        if self.model.decoder().device().is_cpu() { Scope::Cot } else { Scope::Question }
    }

    fn score(&self, context: &Context, question: &Question, cot: &Cot) -> touchstone::Result<Rewards> {
        let lone = QuestionCots { question: question.clone(), cots: vec![cot.clone()] };
        Ok(self.score_question(context, &lone)?.pop().unwrap_or_default())
    }

    fn score_question(&self, context: &Context, work: &QuestionCots) -> touchstone::Result<Vec<Rewards>> {
        let mut rewards = vec![Rewards::default(); work.cots.len()];
        self.run(context, std::slice::from_ref(work), &mut |place, given| rewards[place.cot] = given)?;
        Ok(rewards)
    }

    fn score_all(
        &self,
        context: &Context,
        work: &[QuestionCots],
        done: &(dyn Fn(ScoredCot<'_>, Rewards) + Sync),
    ) -> touchstone::Result<()> {
        for questions in work.chunks(QUESTIONS_AT_A_TIME) {
            context.check_cancelled()?;
            self.run(context, questions, &mut |place, rewards| {
                let unit = &questions[place.question];
                done(ScoredCot { question: &unit.question.id, cot: unit.cots[place.cot].id }, rewards);
            })?;
        }
        Ok(())
    }
}

/// Says how many tokens the model reads of each CoT, the question included.
fn meter(context: &Context, work: &[QuestionCots], texts: &[Vec<Fitted>]) {
    for (unit, texts) in work.iter().zip(texts) {
        for (cot, text) in unit.cots.iter().zip(texts) {
            let scored = ScoredCot { question: &unit.question.id, cot: cot.id };
            context.meter_tokens(scored, text.sequence.tokens.len() as u64);
        }
    }
}

/// The softmax of the two logits, wrong and right, at the right one.
fn probability(logits: &[f32]) -> f64 {
    match *logits {
        [wrong, right] => 1.0 / (1.0 + (f64::from(wrong) - f64::from(right)).exp()),
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reward_is_the_softmax_of_two_logits_at_the_right_one() {
        assert_eq!(probability(&[0.5, 0.5]), 0.5);
        assert!((probability(&[1.0, 2.0]) - 1f64.exp() / (1f64.exp() + 1.0)).abs() < 1e-15);
        assert!((probability(&[2.0, 1.0]) + probability(&[1.0, 2.0]) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn logits_far_apart_give_a_probability_all_the_same() {
        assert_eq!(probability(&[-3e38, 3e38]), 1.0);
        assert_eq!(probability(&[3e38, -3e38]), 0.0);
    }
}
