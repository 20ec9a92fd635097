//! The settings of the generator, and the generator that they open.

use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::chat::GenerationPrompt;
use touchstone::generator::{
    Completion, Conversation, GenerationRequest, Generator, GeneratorSettings, Prompt, Sample, Written,
};
use touchstone::{Context, Result};

use super::ends::ends;
use super::request::Prepared;
use super::schedule::{Limits, Reader, Schedule};
use crate::compute::Compute;
use crate::source::ModelLocation;
use crate::{Error, Model};

/// The name in recipes.
const NAME: &str = "local";

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
    /// The most completions that are under way at a time. More of them use the processor better, and each takes memory for its
    /// keys and values. It changes no completion.
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
        Ok(Box::new(LocalGenerator { model, ends, limits, prefix }))
    }
}

/// An open generator.
struct LocalGenerator {
    model: Model,
    ends: Vec<u32>,
    limits: Limits,
    prefix: Option<String>,
}

impl LocalGenerator {
    fn complete(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        reader: Reader<'_>,
    ) -> Result<()> {
        let request = Prepared::new(context, request, &self.model, &self.ends)?;
        let schedule = Schedule::new(&self.model, &request, self.limits, context, reader);
        // In the pool from the start: handing each of a token's two hundred products over to it would take longer than some.
        rayon::scope(|_| schedule.run(prompts)).map_err(|failure| failure.of_plugin(NAME))
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
        self.complete(context, prompts, request, Reader::OfWhole(done))
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
        self.complete(context, prompts, request, Reader::Along(written))
    }
}
