//! The settings of the generator, and the generator that they open.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::chat::GenerationPrompt;
use touchstone::generator::{
    Completion, Conversation, FinishReason, GenerationRequest, Generator, GeneratorSettings, Prompt, Sample, Written,
};
use touchstone::{Context, Result};

use super::call::{Call, Hears, Reading, Told, Waiting};
use super::ends::ends;
use super::engine::Engine;
use super::failure::Failure;
use super::request::Prepared;
use super::schedule::{Limits, Schedule};
use crate::compute::Compute;
use crate::reading::Sequence;
use crate::source::ModelLocation;
use crate::tokenizer::SpecialTokens;
use crate::{Error, Model};

/// The name in recipes.
pub(super) const NAME: &str = "local";

/// Completes prompts with a model on this machine.
///
/// A prompt is text with its special tokens written out; what the tokenizer puts before every text is added where the prompt
/// does not begin with it. A completion ends at a token that ends the model's turn (`generation_config.json`, the config and
/// the tokenizer name these), at a stop text, or at the budget. Log-probabilities are those of the untempered distribution.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Local {
    /// The model: a folder, a GGUF file, or an address on the hub.
    pub model: ModelLocation,
    /// A LoRA adapter that was trained on that model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<ModelLocation>,
    /// Where and how to compute.
    #[serde(default)]
    pub compute: Compute,
    /// The most tokens of a prompt and its completion together. Without it, the model's own context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_length: Option<NonZeroUsize>,
    /// The most completions that are under way at a time, of all calls together. More of them use the processor better, and each
    /// takes memory for its keys and values. It changes no completion.
    #[serde(default = "sixty_four")]
    #[schemars(extend("x-touchstone-same-results" = true))]
    pub max_sequences: NonZeroUsize,
}

fn sixty_four() -> NonZeroUsize {
    NonZeroUsize::new(64).unwrap_or(NonZeroUsize::MIN)
}

touchstone::register!(Generator, "local", Local);

impl Local {
    /// A generator with this model, everything else by default.
    pub fn new(model: ModelLocation) -> Self {
        Self { model, adapter: None, compute: Compute::default(), context_length: None, max_sequences: sixty_four() }
    }
}

impl GeneratorSettings for Local {
    fn open(&self, context: &Context) -> Result<Box<dyn Generator>> {
        let named = |error: Error| error.of_plugin(NAME);
        let files = self.model.model_files(context).map_err(Error::from).map_err(named)?;
        let model = Model::open(&self.model, self.adapter.as_ref(), &self.compute, context).map_err(named)?;
        let ends = ends(&files, &model).map_err(named)?;
        let most = model.decoder().config().context;
        let context_length = match self.context_length.map(NonZeroUsize::get) {
            Some(wanted) if wanted > most => return Err(named(Error::ContextTooLong { wanted, context: most })),
            wanted => wanted.unwrap_or(most),
        };
        let limits = Limits {
            context_length,
            sequences: self.max_sequences.get(),
            budget: self.compute.budget(model.decoder()),
        };
        // The adapter was trained last.
        let note = self.adapter.as_ref().unwrap_or(&self.model).training_note(context).map_err(Error::from);
        let prefix = note.map_err(named)?.and_then(|note| note.prefix);
        let model = Arc::new(model);
        let engine = Engine::start(Arc::clone(&model), limits);
        let engine =
            engine.map_err(|error| touchstone::Error::plugin(NAME, format!("no thread could be started: {error}")))?;
        Ok(Box::new(LocalGenerator { model, ends, limits, prefix, engine }))
    }
}

/// An open generator.
struct LocalGenerator {
    model: Arc<Model>,
    ends: Vec<u32>,
    limits: Limits,
    prefix: Option<String>,
    engine: Engine,
}

impl LocalGenerator {
    /// Completes the prompts beside those of other calls, and tells what is written from the caller's thread.
    fn complete(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        reading: Reading,
        tell: &(dyn Fn(Sample, Written) + Sync),
    ) -> Result<()> {
        context.check_cancelled()?;
        let request = Arc::new(Prepared::new(context, request, &self.model, &self.ends)?);
        let waiting = self.waiting(prompts, &request, tell).map_err(|failure| failure.of_plugin(NAME))?;
        if rayon::current_thread_index().is_some() {
            // A thread of the pool that waited for another one's work might be the very one that this needs.
            return self.complete_here(context, request, reading, waiting, tell);
        }
        let (sender, told) = channel();
        let pass_on = move |told| if sender.send(told).is_ok() { Hears::Yes } else { Hears::No };
        self.engine.begin(Call::new(request, context, reading, waiting, pass_on));
        for told in told {
            match told {
                Told::Written(sample, written) => tell(sample, written),
                Told::Over(outcome) => return outcome,
            }
        }
        Err(touchstone::Error::plugin(NAME, "the work broke off, which is a bug: report what was asked of which model"))
    }

    /// The same, alone and on this thread.
    fn complete_here(
        &self,
        context: &Context,
        request: Arc<Prepared>,
        reading: Reading,
        waiting: VecDeque<Waiting>,
        tell: &(dyn Fn(Sample, Written) + Sync),
    ) -> Result<()> {
        let ended = Mutex::new(Ok(()));
        let pass_on = |told| {
            match told {
                Told::Written(sample, written) => tell(sample, written),
                Told::Over(outcome) => *ended.lock().unwrap_or_else(PoisonError::into_inner) = outcome,
            }
            Hears::Yes
        };
        let mut schedule = Schedule::new(&self.model, self.limits);
        schedule.add(Call::new(request, context, reading, waiting, pass_on));
        while !schedule.is_idle() {
            schedule.pass();
        }
        drop(schedule);
        ended.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The prompts that the model is to read; those of which nothing is to be written are done with here.
    fn waiting(
        &self,
        prompts: &[Prompt],
        request: &Prepared,
        tell: &(dyn Fn(Sample, Written) + Sync),
    ) -> Result<VecDeque<Waiting>, Failure> {
        let mut waiting = VecDeque::new();
        if request.samples == 0 {
            return Ok(waiting);
        }
        let read = prompts.iter().enumerate().map(|(prompt, of)| self.encode(prompt, &of.text));
        for waits in read.collect::<Result<Vec<_>, _>>()? {
            let finish = match waits.sequence.tokens.len() {
                tokens if tokens >= self.limits.context_length => FinishReason::PromptTooLong,
                _ if request.max_tokens == 0 => FinishReason::Length,
                _ => {
                    waiting.push_back(waits);
                    continue;
                }
            };
            for sample in 0..request.samples {
                let nothing = Completion { text: String::new(), finish, tokens: Vec::new() };
                tell(Sample { prompt: waits.prompt, sample }, Written::Whole(nothing));
            }
        }
        Ok(waiting)
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
}

impl Generator for LocalGenerator {
    fn generate(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> Result<()> {
        self.complete(context, prompts, request, Reading::Whole, &|sample, written| {
            if let Written::Whole(completion) = written {
                done(sample, completion);
            }
        })
    }

    fn chat(&self, _context: &Context, conversation: &Conversation) -> Result<Prompt> {
        let template = self.model.chat().ok_or(touchstone::Error::NoChatTemplate)?;
        Ok(Prompt { text: template.render(conversation, GenerationPrompt::Add)? })
    }

    fn prefix(&self) -> Option<String> {
        self.prefix.clone()
    }

    fn stream(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        written: &(dyn Fn(Sample, Written) + Sync),
    ) -> Result<()> {
        self.complete(context, prompts, request, Reading::Along, written)
    }
}
