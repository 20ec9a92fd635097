//! What a recipe may set of a generative verifier.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use touchstone::generator::{Chat, GenerationRequest, Thinking};
use touchstone::{Context, Generator, PluginSpec, Result, Sampler, Verifier};

use crate::critic::Critic;
use crate::prompts::{Prompts, Texts};
use crate::verdict::VerdictForm;

/// The settings of a verifier that reads verdicts in critiques. The defaults are the paper's.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Critique {
    /// Who writes the critiques: `local` with a model, `openai` with a server.
    pub generator: PluginSpec<dyn Generator>,
    /// How many critiques are written of each CoT, and so how many rewards it gets; 10 unless told otherwise.
    #[serde(default = "ten")]
    pub verdicts: NonZeroUsize,
    /// The most tokens of a critique; 8192 unless told otherwise. One that is cut off before its verdict has a missing reward.
    #[serde(default = "eight_thousand")]
    pub max_tokens: NonZeroUsize,
    /// How the generator chooses tokens; at temperature 0.6 and without any other limit unless told otherwise.
    #[serde(default = "temperature")]
    pub sampler: PluginSpec<dyn Sampler>,
    /// Where randomness starts; 42 unless told otherwise.
    #[serde(default = "forty_two")]
    pub seed: u64,
    /// A template file of your own, for a model that was trained with another prompt. It gets `category` (which may be empty),
    /// `question` and `steps`. Without it, the template that is named as the verifier is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "path-or-hub"))]
    pub template: Option<PathBuf>,
    /// Whether the prompt is laid into the model's own chat template.
    #[serde(default)]
    pub chat: Chat,
    /// Whether a model that can think before it answers is to; it is not unless told otherwise, since the critique is the
    /// thinking.
    #[serde(default = "off")]
    pub thinking: Thinking,
    /// The beginning of every critique, which the model is given. Without it, the one that was saved with the model or adapter
    /// when it was trained; where none was, `Let's verify step by step:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}

const fn ten() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(9)
}

const fn eight_thousand() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(8191)
}

fn temperature() -> PluginSpec<dyn Sampler> {
    PluginSpec::named("temperature").with("temperature", 0.6)
}

const fn forty_two() -> u64 {
    42
}

const fn off() -> Thinking {
    Thinking::Off
}

/// The beginning of a critique that the paper's models are given.
const PREFIX: &str = "Let's verify step by step:";

impl Critique {
    /// The paper's settings for this generator.
    pub fn new(generator: PluginSpec<dyn Generator>) -> Self {
        Self {
            generator,
            verdicts: ten(),
            max_tokens: eight_thousand(),
            sampler: temperature(),
            seed: forty_two(),
            template: None,
            chat: Chat::default(),
            thinking: off(),
            prefix: None,
        }
    }

    /// Opens the generator for the verifier of this name.
    pub(crate) fn open(
        &self,
        verifier: &'static str,
        template: &str,
        form: VerdictForm,
        context: &Context,
    ) -> Result<Box<dyn Verifier>> {
        let texts = Texts::new(context, template, self.template.as_deref())?;
        // An unknown sampler is told before a model is loaded.
        context.registry().make(&self.sampler)?;
        let request = GenerationRequest {
            samples: self.verdicts.get(),
            max_tokens: self.max_tokens.get(),
            stop: form.stop_texts().to_vec(),
            sampler: self.sampler.clone(),
            seed: self.seed,
            candidates: VerdictForm::candidates().to_vec(),
        };
        let generator = context.registry().make(&self.generator)?.open(context)?;
        let prefix = self.prefix.clone().or_else(|| generator.prefix()).unwrap_or_else(|| PREFIX.to_owned());
        let prompts = Prompts::new(texts, self.chat, self.thinking, &prefix);
        Ok(Box::new(Critic::new(verifier, generator, prompts, request, form, prefix)))
    }
}
