//! A generator that writes what it is told, and a sampler that chooses what it is told.

use std::collections::BTreeMap;
use std::sync::Mutex;

use touchstone::generator::{
    Completion, CompletionToken, Conversation, FinishReason, GenerationRequest, Generator, GeneratorSettings, Prompt,
    Sample, Thinking,
};
use touchstone::sampler::{Draw, TokenId};
use touchstone::{Context, Error, Result, Sampler};

/// Writes the texts one after the other, sample by sample, word by word. `Yes` and `No` have the log-probabilities `yes` and
/// `no` at the last word, and what is never read elsewhere.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scripted {
    /// What it writes.
    #[serde(default)]
    pub texts: Vec<String>,
    #[serde(default)]
    pub yes: Option<f64>,
    #[serde(default)]
    pub no: Option<f64>,
    /// Under which name its prompts are kept for [`prompts`].
    #[serde(default)]
    pub name: String,
    /// Whether every prompt is too long.
    #[serde(default)]
    pub full: bool,
    /// Whether it knows no chat template.
    #[serde(default)]
    pub plain: bool,
}

touchstone::register!(Generator, "scripted", Scripted);

static PROMPTS: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());

/// The prompts that the generator of this name was given.
pub fn prompts(name: &str) -> Vec<String> {
    PROMPTS.lock().unwrap().get(name).cloned().unwrap_or_default()
}

impl GeneratorSettings for Scripted {
    fn open(&self, _context: &Context) -> Result<Box<dyn Generator>> {
        Ok(Box::new(self.clone()))
    }
}

impl Scripted {
    fn completion(&self, sample: usize) -> Completion {
        if self.full {
            return Completion { text: String::new(), finish: FinishReason::PromptTooLong, tokens: Vec::new() };
        }
        let text = self.texts[sample % self.texts.len()].clone();
        let mut offsets: Vec<usize> = text.match_indices(' ').map(|(place, _)| place).collect();
        if offsets.first() != Some(&0) && !text.is_empty() {
            offsets.insert(0, 0);
        }
        let last = offsets.last().copied();
        let token = |offset| CompletionToken {
            offset,
            log_probability: None,
            candidates: if Some(offset) == last { vec![self.yes, self.no] } else { vec![Some(-0.1), Some(-9.0)] },
        };
        Completion { finish: FinishReason::Stop, tokens: offsets.into_iter().map(token).collect(), text }
    }
}

impl Generator for Scripted {
    fn generate(
        &self,
        context: &Context,
        prompts: &[Prompt],
        request: &GenerationRequest,
        done: &(dyn Fn(Sample, Completion) + Sync),
    ) -> Result<()> {
        for (prompt, text) in prompts.iter().enumerate() {
            PROMPTS.lock().unwrap().entry(self.name.clone()).or_default().push(text.text.clone());
            for sample in (0..request.samples).rev() {
                context.check_cancelled()?;
                done(Sample { prompt, sample }, self.completion(sample));
            }
        }
        Ok(())
    }

    fn chat(&self, _context: &Context, conversation: &Conversation) -> Result<Prompt> {
        if self.plain {
            return Err(Error::NoChatTemplate);
        }
        let thinking = if conversation.thinking == Thinking::Off { "" } else { "<think>" };
        Ok(Prompt { text: format!("<user>{}<model>{thinking}", conversation.messages[0].content) })
    }
}

/// Always chooses the same token.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// Which.
    pub token: u32,
}

touchstone::register!(Sampler, "chosen", Chosen);

impl Sampler for Chosen {
    fn sample(&self, _logits: &mut [f32], _history: &[TokenId], _draw: Draw) -> Result<TokenId> {
        Ok(TokenId(self.token))
    }
}
