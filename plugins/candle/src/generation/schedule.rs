//! Which sequences share a pass.

use std::sync::Arc;

use candle_core::{DType, Tensor};
use rayon::prelude::*;
use touchstone::generator::Written;

use super::awake::awake;
use super::call::{Call, Hears, Reading, Told, Waiting};
use super::failure::Failure;
use super::local::NAME;
use super::sequence::{Active, Begun};
use crate::Model;
use crate::decoder::Batch;
use crate::reading::{PrefixTree, TokenBudget};

/// Sequences whose products are so small that threads must not fall asleep between them.
const FEW: usize = 16;

/// What may be under way at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Tokens of a prompt and its completion together.
    pub(super) context_length: usize,
    /// Sequences, of all calls together.
    pub(super) sequences: usize,
    /// Tokens of prompts in one pass.
    pub(super) budget: TokenBudget,
}

/// Calls of the generator that are completed together.
pub(super) struct Schedule<'s> {
    model: &'s Model,
    limits: Limits,
    /// By their numbers, in the order in which they came.
    calls: Vec<(u64, Call<'s>)>,
    active: Vec<Active<'s>>,
    next_number: u64,
}

impl<'s> Schedule<'s> {
    /// Nothing to do yet.
    pub(super) fn new(model: &'s Model, limits: Limits) -> Self {
        Self { model, limits, calls: Vec::new(), active: Vec::new(), next_number: 0 }
    }

    /// Begins a call beside the others.
    pub(super) fn add(&mut self, call: Call<'s>) {
        self.calls.push((self.next_number, call));
        self.next_number += 1;
        self.end_those_done();
    }

    /// Whether there is nothing to do.
    pub(super) fn is_idle(&self) -> bool {
        self.calls.is_empty()
    }

    /// Begins as many sequences as there is room for, hands over those that are over, and writes one more token of each that is
    /// not. What fails fails for its call alone, but for the model, which all of them share.
    pub(super) fn pass(&mut self) {
        self.end_those_stopped();
        self.fill();
        self.hand_over();
        self.end_those_done();
        // Of many sequences every product is worth its threads' waking up.
        let stepped = match self.active.len() {
            0 => Ok(Vec::new()),
            1..=FEW => awake(|| self.step()),
            _ => self.step(),
        };
        match stepped {
            Ok(failed) => failed.into_iter().for_each(|(call, failure)| self.end(call, Err(failure.of_plugin(NAME)))),
            Err(failure) => self.end_all(failure),
        }
    }

    /// Begins sequences while there is room. The call of which the fewest are under way comes next, so that a small one is not
    /// kept waiting by a large one.
    fn fill(&mut self) {
        while self.active.len() < self.limits.sequences {
            let with_more = self.calls.iter().enumerate().filter(|(_, (_, call))| call.has_more());
            let Some((place, _)) = with_more.min_by_key(|(_, (_, call))| call.under_way) else { return };
            if let Err(failure) = self.begin_one(place) {
                self.end(self.calls[place].0, Err(failure.of_plugin(NAME)));
            }
        }
    }

    /// Begins the next sequence of a call that has more.
    fn begin_one(&mut self, place: usize) -> Result<(), Failure> {
        let (number, call) = &mut self.calls[place];
        if call.begun.is_empty() {
            let prompts = next_prompts(call, self.limits);
            let begun = prefill(self.model, call, prompts)?;
            call.begun.extend(begun);
        }
        let Some(next) = call.begun.front_mut() else { return Ok(()) };
        let (tokenizer, context_length) = (self.model.tokenizer(), self.limits.context_length);
        let active = Active::begin(next, *number, &call.request, tokenizer, context_length)?;
        if next.samples == call.request.samples {
            call.begun.pop_front();
        }
        call.under_way += 1;
        self.active.push(active);
        Ok(())
    }

    /// One more token for every sequence. Gives the calls whose sampler, or text, failed.
    fn step(&mut self) -> Result<Vec<(u64, Failure)>, Failure> {
        let mut batch = Batch::default();
        for sequence in &self.active {
            batch.push_after(&[sequence.last_token()], Arc::clone(&sequence.past));
        }
        let rows: Vec<usize> = (0..self.active.len()).collect();
        let decoder = self.model.decoder();
        let read = decoder.prefill(&batch, &rows)?;
        let logits = rows_of(&decoder.head(&read.hidden)?)?;
        for (_, call) in self.calls.iter().filter(|(_, call)| call.under_way > 0) {
            call.context.count("tokens", call.under_way as u64);
        }
        let work = self.active.par_iter_mut().zip(read.prefixes).zip(logits);
        let failed = work.filter_map(|((sequence, past), mut logits)| {
            let joined = past.joined(&sequence.root).map_err(Failure::from);
            let advanced = joined.and_then(|past| {
                sequence.past = past;
                sequence.advance(&mut logits)
            });
            advanced.err().map(|failure| (sequence.call, failure))
        });
        Ok(failed.collect())
    }

    /// Tells what was written, takes out the sequences that are over, and hands them over.
    fn hand_over(&mut self) {
        let (over, under_way): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.active).into_iter().partition(Active::is_over);
        self.active = under_way;
        let mut gone = Vec::new();
        for sequence in &mut self.active {
            let Some((_, call)) = self.calls.iter_mut().find(|(number, _)| *number == sequence.call) else { continue };
            if call.reading == Reading::Whole {
                continue;
            }
            if let Some(text) = sequence.new_text()
                && (call.tell)(Told::Written(sequence.sample, Written::Text(text))) == Hears::No
            {
                gone.push(sequence.call);
            }
        }
        for sequence in over {
            let number = sequence.call;
            match self.hand_over_one(sequence) {
                Ok(Hears::Yes) => {}
                Ok(Hears::No) => gone.push(number),
                Err(failure) => self.end(number, Err(failure.of_plugin(NAME))),
            }
        }
        gone.into_iter().for_each(|number| self.end(number, Err(touchstone::Error::Cancelled)));
    }

    fn hand_over_one(&mut self, mut sequence: Active<'s>) -> Result<Hears, Failure> {
        let Some((_, call)) = self.calls.iter_mut().find(|(number, _)| *number == sequence.call) else {
            return Ok(Hears::Yes);
        };
        call.under_way -= 1;
        if call.reading == Reading::Along
            && let Some(text) = sequence.new_text()
        {
            (call.tell)(Told::Written(sequence.sample, Written::Text(text)));
        }
        let (sample, completion) = sequence.complete()?;
        Ok((call.tell)(Told::Written(sample, Written::Whole(completion))))
    }

    fn end_those_stopped(&mut self) {
        let stopped = |(number, call): &(u64, Call<'_>)| call.context.is_cancelled().then_some(*number);
        let stopped: Vec<u64> = self.calls.iter().filter_map(stopped).collect();
        stopped.into_iter().for_each(|number| self.end(number, Err(touchstone::Error::Cancelled)));
    }

    fn end_those_done(&mut self) {
        let done: Vec<u64> = self.calls.iter().filter(|(_, call)| call.is_done()).map(|(number, _)| *number).collect();
        done.into_iter().for_each(|number| self.end(number, Ok(())));
    }

    /// The model failed: the first call is told how, and the others in words.
    fn end_all(&mut self, failure: Failure) {
        let error = failure.of_plugin(NAME);
        let message = error.to_string();
        let mut error = Some(error);
        for number in self.calls.iter().map(|(number, _)| *number).collect::<Vec<_>>() {
            let error = error.take().unwrap_or_else(|| touchstone::Error::plugin(NAME, message.as_str()));
            self.end(number, Err(error));
        }
    }

    /// Takes a call out, with all its sequences, and tells it how it ended. One that has ended stays as it is.
    fn end(&mut self, number: u64, outcome: touchstone::Result<()>) {
        let Some(place) = self.calls.iter().position(|(known, _)| *known == number) else { return };
        let (_, mut call) = self.calls.remove(place);
        self.active.retain(|sequence| sequence.call != number);
        // Whoever has gone need not know.
        let _ = (call.tell)(Told::Over(outcome));
    }
}

/// Prompts for one pass: as many as the budget holds, and no more than there is room for their samples; one at least.
fn next_prompts(call: &mut Call<'_>, limits: Limits) -> Vec<Waiting> {
    let most = limits.sequences.div_ceil(call.request.samples);
    let mut tokens = 0;
    let fits = |next: &&Waiting| {
        tokens += next.sequence.tokens.len();
        tokens <= limits.budget.tokens()
    };
    let count = call.waiting.iter().take(most).take_while(fits).count().max(1).min(call.waiting.len());
    call.waiting.drain(..count).collect()
}

/// Reads prompts of a call, each token that they share once.
fn prefill(model: &Model, call: &Call<'_>, prompts: Vec<Waiting>) -> Result<Vec<Begun>, Failure> {
    let tree = PrefixTree::new(prompts.iter().map(|prompt| &prompt.sequence));
    let mut batch = Batch::default();
    for node in tree.nodes() {
        batch.push(&node.tokens, node.parent);
    }
    let rows: Vec<usize> = tree.rows().iter().flatten().copied().collect();
    let decoder = model.decoder();
    let read = decoder.prefill(&batch, &rows)?;
    let logits = rows_of(&decoder.head(&read.hidden)?)?;
    call.context.count("tokens", batch.tokens.len() as u64);
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

/// The rows of logits.
fn rows_of(logits: &Tensor) -> Result<Vec<Vec<f32>>, Failure> {
    Ok(logits.to_dtype(DType::F32)?.to_vec2()?)
}
