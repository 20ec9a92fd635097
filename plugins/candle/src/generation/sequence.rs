//! One completion under way.

use std::sync::Arc;

use touchstone::generator::{Completion, CompletionToken, FinishReason, Sample};
use touchstone::sampler::TokenId;

use super::failure::Failure;
use super::request::{Chosen, Prepared, sequence_number};
use super::text::GrowingText;
use crate::decoder::KvPrefix;
use crate::tokenizer::Tokenizer;

/// A prompt whose keys and values are there.
pub(super) struct Begun {
    /// Its place in the call.
    pub(super) prompt: usize,
    /// Its text.
    pub(super) text: String,
    /// Its tokens.
    pub(super) tokens: Vec<u32>,
    /// Its keys and values, which all its samples share.
    pub(super) root: Arc<KvPrefix>,
    /// The logits after its last token.
    pub(super) logits: Vec<f32>,
    /// How many of its samples were begun.
    pub(super) samples: usize,
}

/// A completion that is not over yet.
pub(super) struct Active<'t> {
    /// The number of its call.
    pub(super) call: u64,
    pub(super) sample: Sample,
    request: Arc<Prepared>,
    /// The prompt's keys and values.
    pub(super) root: Arc<KvPrefix>,
    /// Those of all that the model has read of this sequence.
    pub(super) past: Arc<KvPrefix>,
    /// What the sampler draws by.
    number: u64,
    history: Vec<TokenId>,
    text: GrowingText<'t>,
    /// How many bytes of the text were told.
    told: usize,
    tokens: Vec<CompletionToken>,
    /// The most new tokens.
    budget: usize,
    finish: Option<FinishReason>,
}

impl<'t> Active<'t> {
    /// The next sample of a prompt, with its first token chosen.
    pub(super) fn begin(
        begun: &mut Begun,
        call: u64,
        request: &Arc<Prepared>,
        tokenizer: &'t Tokenizer,
        context_length: usize,
    ) -> Result<Self, Failure> {
        let sample = Sample { prompt: begun.prompt, sample: begun.samples };
        begun.samples += 1;
        let mut active = Self {
            call,
            sample,
            request: Arc::clone(request),
            root: Arc::clone(&begun.root),
            past: Arc::clone(&begun.root),
            number: sequence_number(&begun.text, sample.sample),
            history: begun.tokens.iter().copied().map(TokenId).collect(),
            text: GrowingText::new(tokenizer),
            told: 0,
            tokens: Vec::new(),
            budget: request.max_tokens.min(context_length.saturating_sub(begun.tokens.len())),
            finish: None,
        };
        active.advance(&mut begun.logits.clone())?;
        Ok(active)
    }

    /// The token that the model has not read yet.
    pub(super) fn last_token(&self) -> u32 {
        self.history.last().map_or(0, |token| token.0)
    }

    /// Whether it is over.
    pub(super) fn is_over(&self) -> bool {
        self.finish.is_some()
    }

    /// The text that was not told yet, if there is any.
    pub(super) fn new_text(&mut self) -> Option<String> {
        let new = self.text.text().get(self.told..).filter(|text| !text.is_empty())?.to_owned();
        self.told += new.len();
        Some(new)
    }

    /// Chooses the next token after these logits, which are scrambled.
    pub(super) fn advance(&mut self, logits: &mut [f32]) -> Result<(), Failure> {
        let request = &self.request;
        let Chosen { token, log_probability, candidates } =
            request.choose(logits, &self.history, self.number, self.text.tokens())?;
        if request.ends.contains(&token) {
            self.finish = Some(FinishReason::EndOfText);
            return Ok(());
        }
        self.history.push(TokenId(token));
        let before = self.text.text().len();
        let offset = self.text.push(token)?;
        self.tokens.push(CompletionToken { offset, log_probability: Some(log_probability), candidates });
        if self.text.stop_at(&request.stop, before) {
            self.finish = Some(FinishReason::Stop);
        } else if self.text.tokens() >= self.budget {
            self.finish = Some(FinishReason::Length);
        }
        Ok(())
    }

    /// The completion, of a sequence that is over.
    pub(super) fn complete(mut self) -> Result<(Sample, Completion), Failure> {
        let mut finish = self.finish.unwrap_or(FinishReason::Length);
        if finish != FinishReason::Stop {
            let before = self.text.text().len();
            self.text.finish()?;
            if self.text.stop_at(&self.request.stop, before) {
                finish = FinishReason::Stop;
            }
        }
        Ok((self.sample, Completion { text: self.text.into_text(), finish, tokens: self.tokens }))
    }
}
