//! The verifier that both reward models of this crate are when they run.

use std::sync::atomic::{AtomicUsize, Ordering};

use touchstone::generator::{Completion, FinishReason, GenerationRequest};
use touchstone::verifier::ScoredCot;
use touchstone::{
    Context, Cot, CotId, Generator, Question, QuestionCots, QuestionId, Rationale, Result, Rewards, Verifier,
};

use crate::error::{Error, ended};
use crate::outcome::{Outcomes, rewards};
use crate::prompts::Prompts;
use crate::verdict::VerdictForm;

/// After so many critiques without a single verdict, something is wrong with the prompt or the model, and a job that goes on
/// would give missing rewards alone.
const PATIENCE: usize = 100;

/// How many bytes of a critique a message shows, from its end.
const SHOWN: usize = 200;

/// An open verifier of this crate.
pub(crate) struct Critic {
    verifier: &'static str,
    generator: Box<dyn Generator>,
    prompts: Prompts,
    request: GenerationRequest,
    form: VerdictForm,
    prefix: String,
    critiques: AtomicUsize,
    verdicts: AtomicUsize,
}

/// Which CoT a prompt asks about.
struct Asked<'a> {
    question: &'a QuestionId,
    cot: CotId,
}

impl Critic {
    pub(crate) fn new(
        verifier: &'static str,
        generator: Box<dyn Generator>,
        prompts: Prompts,
        request: GenerationRequest,
        form: VerdictForm,
        prefix: String,
    ) -> Self {
        let (critiques, verdicts) = Default::default();
        Self { verifier, generator, prompts, request, form, prefix, critiques, verdicts }
    }

    /// Has critiques written of these CoTs, and hands over each CoT's rewards when all of its critiques are there. `done` is
    /// given the CoT's place among `work`.
    fn run<'a>(
        &self,
        context: &Context,
        work: impl IntoIterator<Item = (&'a Question, &'a Cot)>,
        done: &(dyn Fn(usize, ScoredCot<'_>, Rewards) + Sync),
    ) -> Result<()> {
        let mut asked = Vec::new();
        let mut prompts = Vec::new();
        for (question, cot) in work {
            let prompt = self.prompts.prompt(&*self.generator, context, question, cot);
            prompts.push(prompt.map_err(|error| error.at(format!("question {}, CoT {}", question.id, cot.id)))?);
            asked.push(Asked { question: &question.id, cot: cot.id });
        }
        let outcomes = Outcomes::new(prompts.len(), self.request.samples);
        // Stops the generator, and only it, once there is no sense in going on.
        let stoppable = context.clone().with_cancellation(context.clone());
        let generated = self.generator.generate(&stoppable, &prompts, &self.request, &|sample, completion| {
            let reward = self.form.reward(&self.prefix, &completion);
            if let Err(error) = self.count(context, &completion, reward) {
                outcomes.fail(error);
                stoppable.cancel();
                return;
            }
            let Some(critiques) = outcomes.take(sample, completion, reward) else { return };
            let Asked { question, cot } = asked[sample.prompt];
            let scored = ScoredCot { question, cot };
            let tokens: usize = critiques.iter().map(|critique| critique.tokens).sum();
            if tokens > 0 {
                context.meter_tokens(scored, tokens as u64);
            }
            let rationales: Vec<Rationale> = critiques.into_iter().map(|critique| critique.rationale).collect();
            match rewards(&rationales) {
                Ok(rewards) => {
                    if context.wants_rationales() {
                        context.keep_rationales(scored, rationales);
                    }
                    done(sample.prompt, scored, rewards);
                }
                Err(error) => {
                    outcomes.fail(error);
                    stoppable.cancel();
                }
            }
        });
        outcomes.end(generated)
    }

    /// Counts verdicts, and says so where there are none.
    fn count(&self, context: &Context, critique: &Completion, reward: Option<f64>) -> Result<()> {
        let critiques = self.critiques.fetch_add(1, Ordering::Relaxed) + 1;
        let verdicts = self.verdicts.fetch_add(reward.is_some().into(), Ordering::Relaxed);
        context.count("critiques", 1);
        if reward.is_none() {
            context.count("missing verdicts", 1);
        }
        if critique.finish == FinishReason::PromptTooLong {
            context.count("CoTs beyond the context", 1);
        }
        if critiques < PATIENCE || verdicts > 0 || reward.is_some() {
            return Ok(());
        }
        let text = &critique.text;
        let shown = text.char_indices().map(|(place, _)| place).find(|place| text.len() - place <= SHOWN);
        let error = Error::NoVerdict {
            critiques,
            form: self.form.before,
            ended: ended(critique.finish),
            text: text[shown.unwrap_or(text.len())..].to_owned(),
        };
        Err(touchstone::Error::plugin(self.verifier, error.to_string()))
    }
}

impl Verifier for Critic {
    fn score(&self, context: &Context, question: &Question, cot: &Cot) -> Result<Rewards> {
        let given = std::sync::Mutex::new(Rewards::default());
        self.run(context, [(question, cot)], &|_, _, rewards| *lock(&given) = rewards)?;
        Ok(std::mem::take(&mut *lock(&given)))
    }

    fn score_question(&self, context: &Context, work: &QuestionCots) -> Result<Vec<Rewards>> {
        let given = std::sync::Mutex::new(vec![Rewards::default(); work.cots.len()]);
        let cots = work.cots.iter().map(|cot| (&work.question, cot));
        self.run(context, cots, &|place, _, rewards| lock(&given)[place] = rewards)?;
        Ok(std::mem::take(&mut *lock(&given)))
    }

    /// All CoTs in one call, so that a generator keeps its batch, or its server, busy to the end.
    fn score_all(
        &self,
        context: &Context,
        work: &[QuestionCots],
        done: &(dyn Fn(ScoredCot<'_>, Rewards) + Sync),
    ) -> Result<()> {
        let cots = work.iter().flat_map(|unit| unit.cots.iter().map(|cot| (&unit.question, cot)));
        self.run(context, cots, &|_, cot, rewards| done(cot, rewards))
    }
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
