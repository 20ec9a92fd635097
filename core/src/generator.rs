//! From prompts to completions.

use serde::{Deserialize, Serialize};

pub use crate::conversation::{Chat, Conversation, Message, Role, Thinking};
use crate::{Context, Error, PluginSpec, Result, Sampler};

/// Writes text: solutions for the sampling stage, verification rationales for generative reward models.
///
/// **Who calls it, when, with what.** A sampling job or a generative verifier opens a generator once from its
/// [settings](GeneratorSettings), then calls `generate` with as many prompts as it has. A prompt may be empty; prompts may
/// share long beginnings, which local generators compute once.
///
/// **What must hold.** Each prompt gets exactly `request.samples` completions, handed to `done` as soon as each is final,
/// in any order and from any thread, each exactly once. With the same settings, request and prompts, a local generator
/// gives the same completions whatever the batch; a remote one does so as far as its server does.
///
/// **What may go wrong.** A completion that ran into the token budget is no error, nor is a prompt that leaves no room for
/// one: its [`FinishReason`] says so. An error (server gone, no memory) ends the call; what `done` was given stays valid.
///
/// # A whole generator
/// ```
/// use touchstone::generator::*;
/// use touchstone::{Context, Result};
///
/// /// Answers every prompt with itself.
/// #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// pub struct Echo {}
///
/// impl Generator for Echo {
///     fn generate(
///         &self,
///         context: &Context,
///         prompts: &[Prompt],
///         request: &GenerationRequest,
///         done: &(dyn Fn(Sample, Completion) + Sync),
///     ) -> Result<()> {
///         for (prompt, text) in prompts.iter().enumerate() {
///             context.check_cancelled()?;
///             for sample in 0..request.samples {
///                 let completion = Completion {
///                     text: text.text.clone(),
///                     finish: FinishReason::EndOfText,
///                     tokens: Vec::new(),
///                 };
///                 done(Sample { prompt, sample }, completion);
///             }
///         }
///         Ok(())
///     }
/// }
///
/// impl GeneratorSettings for Echo {
///     fn open(&self, _context: &Context) -> Result<Box<dyn Generator>> {
///         Ok(Box::new(self.clone()))
///     }
/// }
///
/// touchstone::register!(Generator, "echo", Echo);
/// # fn main() {}
/// ```
pub trait Generator: Send + Sync {
    /// Completes every prompt `request.samples` times.
    fn generate(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> Result<()>;

    /// The prompt that asks the model to go on with a conversation: it in the model's own chat template, and the beginning of
    /// the model's turn. Text may be added at its end, and the model goes on from there. Provided: an error that says that
    /// there is no chat template, as there is none for models that were trained on plain text alone.
    ///
    /// # Errors
    /// [`Error::NoChatTemplate`]; what the template says of a conversation that it does not take; what a server says.
    fn chat(&self, _context: &Context, _conversation: &Conversation) -> Result<Prompt> {
        Err(Error::NoChatTemplate)
    }

    /// The beginning that completions of this model had in its training, where that was saved with it. Provided: none.
    fn prefix(&self) -> Option<String> {
        None
    }

    /// As [`generate`](Self::generate), and tells text as it is written, for those who read along. The texts of a completion,
    /// in the order in which they come, are the beginning of its whole text. Provided: nothing before the whole.
    ///
    /// # Errors
    /// Those of [`generate`](Self::generate).
    fn stream(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        written: &(dyn Fn(Sample, Written) + Sync),
    ) -> Result<()> {
        self.generate(context, prompts, request, &|sample, completion| written(sample, Written::Whole(completion)))
    }
}

/// What is told of a completion while it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// More text, which goes on where the text before ended.
    Text(String),
    /// All of it. Nothing follows.
    Whole(Completion),
}

/// What a recipe holds of a generator: plain data from which it is opened, once a job.
pub trait GeneratorSettings: Send + Sync {
    /// Loads the model, or finds the server.
    fn open(&self, context: &Context) -> Result<Box<dyn Generator>>;
}

/// The text that a completion continues: the chat template is already applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// The rendered text, special tokens written out.
    pub text: String,
}

/// How prompts are to be completed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GenerationRequest {
    /// Completions for each prompt.
    pub samples: usize,
    /// At most this many new tokens each.
    pub max_tokens: usize,
    /// A completion ends with the first of these texts that it contains; the text itself is kept.
    pub stop: Vec<String>,
    /// How tokens are chosen.
    pub sampler: PluginSpec<dyn Sampler>,
    /// Where randomness starts.
    pub seed: u64,
    /// Tokens whose log-probabilities are wanted at every position, as text (a verdict's ` Yes` and ` No`).
    pub candidates: Vec<String>,
}

/// Which completion of which prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sample {
    /// The prompt's place in the call.
    pub prompt: usize,
    /// The sample's number, below the request's `samples`.
    pub sample: usize,
}

/// A text that a generator wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// The new text, without the prompt, with the stop text if one ended it.
    pub text: String,
    /// Why it ends here.
    pub finish: FinishReason,
    /// Its tokens, where the generator tells them.
    pub tokens: Vec<CompletionToken>,
}

/// Why a completion ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model ended its turn.
    EndOfText,
    /// A stop text was reached.
    Stop,
    /// The token budget was used up.
    Length,
    /// The prompt alone fills the model's context: nothing was written.
    PromptTooLong,
}

/// One token of a completion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompletionToken {
    /// Where its text begins in the completion, in bytes: verdict tokens are found by this, never by counting.
    pub offset: usize,
    /// Its natural log-probability under the model's untempered distribution.
    pub log_probability: Option<f64>,
    /// The same for each of the request's candidates; `None` where a server did not tell it.
    pub candidates: Vec<Option<f64>>,
}
