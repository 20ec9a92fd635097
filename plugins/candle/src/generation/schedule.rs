//! Which sequences share a pass.

use std::collections::VecDeque;
use std::sync::Arc;

use candle_core::{DType, Tensor};
use rayon::prelude::*;
use touchstone::Context;
use touchstone::generator::{Completion, FinishReason, Prompt, Sample, Written};

use super::awake::awake;
use super::request::Prepared;
use super::sequence::{Active, Begun};
use crate::decoder::Batch;
use crate::reading::{PrefixTree, Sequence, TokenBudget};
use crate::tokenizer::SpecialTokens;
use crate::{Error, Model};

/// Sequences whose products are so small that threads must not fall asleep between them.
const FEW: usize = 16;

/// What may be under way at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Tokens of a prompt and its completion together.
    pub(super) context_length: usize,
    /// Sequences.
    pub(super) sequences: usize,
    /// Tokens of prompts in one pass.
    pub(super) budget: TokenBudget,
}

/// What ended a call early: something of this crate, or of another plugin that was called.
#[derive(Debug)]
pub(super) enum Failure {
    /// The model failed.
    Model(Error),
    /// The sampler, or whoever asked to stop.
    Other(touchstone::Error),
}

impl Failure {
    /// As an error of the generator of this name; one of another plugin stays that plugin's.
    pub(super) fn of_plugin(self, name: &str) -> touchstone::Error {
        match self {
            Self::Model(error) => error.of_plugin(name),
            Self::Other(error) => error,
        }
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Model(error.into())
    }
}

impl From<touchstone::Error> for Failure {
    fn from(error: touchstone::Error) -> Self {
        Self::Other(error)
    }
}

/// One call of the generator.
pub(super) struct Schedule<'a> {
    model: &'a Model,
    request: &'a Prepared<'a>,
    limits: Limits,
    context: &'a Context,
    reader: Reader<'a>,
}

/// Who is told of completions.
#[derive(Clone, Copy)]
pub(super) enum Reader<'a> {
    /// Someone who waits for whole ones.
    OfWhole(&'a (dyn Fn(Sample, Completion) + Sync)),
    /// Someone who reads along.
    Along(&'a (dyn Fn(Sample, Written) + Sync)),
}

impl Reader<'_> {
    fn whole(self, sample: Sample, completion: Completion) {
        match self {
            Self::OfWhole(done) => done(sample, completion),
            Self::Along(written) => written(sample, Written::Whole(completion)),
        }
    }
}

/// A prompt that the model has not read yet.
struct Waiting {
    prompt: usize,
    text: String,
    sequence: Sequence,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(
        model: &'a Model,
        request: &'a Prepared<'a>,
        limits: Limits,
        context: &'a Context,
        reader: Reader<'a>,
    ) -> Self {
        Self { model, request, limits, context, reader }
    }

    /// Completes all prompts.
    pub(super) fn run(&self, prompts: &[Prompt]) -> Result<(), Failure> {
        self.context.check_cancelled()?;
        if self.request.samples == 0 {
            return Ok(());
        }
        let read = prompts.iter().enumerate().map(|(prompt, of)| self.encode(prompt, &of.text));
        let read = read.collect::<Result<Vec<_>, _>>()?;
        let mut waiting = VecDeque::new();
        for waits in read {
            if waits.sequence.tokens.len() >= self.limits.context_length {
                self.complete_with_nothing(waits.prompt, FinishReason::PromptTooLong);
            } else if self.request.max_tokens == 0 {
                self.complete_with_nothing(waits.prompt, FinishReason::Length);
            } else {
                waiting.push_back(waits);
            }
        }
        let mut begun: VecDeque<Begun> = VecDeque::new();
        let mut active: Vec<Active<'_>> = Vec::new();
        loop {
            while active.len() < self.limits.sequences {
                let Some(next) = begun.front_mut() else {
                    let prompts = self.next_prompts(&mut waiting);
                    if prompts.is_empty() {
                        break;
                    }
                    self.context.check_cancelled()?;
                    begun.extend(self.prefill(prompts)?);
                    continue;
                };
                let tokenizer = self.model.tokenizer();
                active.push(Active::begin(next, tokenizer, self.request, self.limits.context_length)?);
                if next.samples == self.request.samples {
                    begun.pop_front();
                }
            }
            self.hand_over(&mut active)?;
            if active.is_empty() && begun.is_empty() && waiting.is_empty() {
                return Ok(());
            }
            self.context.check_cancelled()?;
            // Of many sequences every product is worth its threads' waking up.
            match active.len() {
                0..=FEW => awake(|| self.step(&mut active))?,
                _ => self.step(&mut active)?,
            }
        }
    }

    fn encode(&self, prompt: usize, text: &str) -> Result<Waiting, Failure> {
        let tokenizer = self.model.tokenizer();
        let mut tokens = tokenizer.encode(text, SpecialTokens::Add)?;
        if tokens.is_empty() {
            // The beginning of all texts has to be something. Models without a BOS learned it from what ends a text.
            tokens.extend(tokenizer.bos().or(tokenizer.eos()));
        }
        if tokens.is_empty() {
            return Err(Error::EmptyPrompt { prompt }.into());
        }
        let positions = vec![tokens.len() - 1];
        Ok(Waiting { prompt, text: text.to_owned(), sequence: Sequence { tokens, positions } })
    }

    fn complete_with_nothing(&self, prompt: usize, finish: FinishReason) {
        for sample in 0..self.request.samples {
            let nothing = Completion { text: String::new(), finish, tokens: Vec::new() };
            self.reader.whole(Sample { prompt, sample }, nothing);
        }
    }

    /// Prompts for one pass: as many as the budget holds, and no more than there is room for their samples; one at least.
    fn next_prompts(&self, waiting: &mut VecDeque<Waiting>) -> Vec<Waiting> {
        let most = self.limits.sequences.div_ceil(self.request.samples);
        let mut tokens = 0;
        let fits = |next: &&Waiting| {
            tokens += next.sequence.tokens.len();
            tokens <= self.limits.budget.tokens()
        };
        let count = waiting.iter().take(most).take_while(fits).count().max(1).min(waiting.len());
        waiting.drain(..count).collect()
    }

    /// Reads prompts, each token that they share once.
    fn prefill(&self, prompts: Vec<Waiting>) -> Result<Vec<Begun>, Failure> {
        let tree = PrefixTree::new(prompts.iter().map(|prompt| &prompt.sequence));
        let mut batch = Batch::default();
        for node in tree.nodes() {
            batch.push(&node.tokens, node.parent);
        }
        let rows: Vec<usize> = tree.rows().iter().flatten().copied().collect();
        let decoder = self.model.decoder();
        let read = decoder.prefill(&batch, &rows)?;
        let logits = rows_of(&decoder.head(&read.hidden)?)?;
        self.context.count("tokens", batch.tokens.len() as u64);
        let begun = prompts.into_iter().zip(logits).enumerate().map(|(index, (waiting, logits))| {
            let last = tree.path(index).last().copied().unwrap_or_default();
            Begun {
                prompt: waiting.prompt,
                text: waiting.text,
                tokens: waiting.sequence.tokens,
                root: Arc::clone(&read.prefixes[last]),
                logits,
                samples: 0,
            }
        });
        Ok(begun.collect())
    }

    /// One more token for every sequence.
    fn step(&self, active: &mut [Active<'_>]) -> Result<(), Failure> {
        if active.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::default();
        for sequence in active.iter() {
            batch.push_after(&[sequence.last_token()], Arc::clone(&sequence.past));
        }
        let rows: Vec<usize> = (0..active.len()).collect();
        let decoder = self.model.decoder();
        let read = decoder.prefill(&batch, &rows)?;
        let logits = rows_of(&decoder.head(&read.hidden)?)?;
        self.context.count("tokens", active.len() as u64);
        let work = active.par_iter_mut().zip(read.prefixes).zip(logits);
        work.try_for_each(|((sequence, past), mut logits)| {
            sequence.past = past.joined(&sequence.root)?;
            sequence.advance(self.request, &mut logits)
        })
    }

    /// Tells what was written, takes out the sequences that are over, and hands them over.
    fn hand_over(&self, active: &mut Vec<Active<'_>>) -> Result<(), Failure> {
        if let Reader::Along(written) = self.reader {
            for sequence in active.iter_mut() {
                if let Some(text) = sequence.new_text() {
                    written(sequence.sample, Written::Text(text));
                }
            }
        }
        let (over, under_way) = std::mem::take(active).into_iter().partition(Active::is_over);
        *active = under_way;
        let over: Vec<Active<'_>> = over;
        for sequence in over {
            let (sample, completion) = sequence.complete(self.request)?;
            self.reader.whole(sample, completion);
        }
        Ok(())
    }
}

/// The rows of logits.
fn rows_of(logits: &Tensor) -> Result<Vec<Vec<f32>>, Failure> {
    Ok(logits.to_dtype(DType::F32)?.to_vec2()?)
}
