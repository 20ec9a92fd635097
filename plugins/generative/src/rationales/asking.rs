//! The prompts by which a model is asked for rationales.

use std::path::Path;

use serde_json::{Map, Value, json};
use touchstone::generator::{Chat, Prompt, Thinking};
use touchstone::jobs::CritiquePrompts;
use touchstone::{Context, Cot, Generator, Question, Result};

use super::RationaleForm;
use super::critique::BEGINNING;
use crate::prompts::{GORM, GPRM_RATIONALE, Prompts, Texts};

/// What opens a thinking that the chat template has not opened.
const THINK: &str = "<think>\n";

/// Prompts by the template `gorm.jinja` or `gprm_rationale.jinja`, or by a file of the user's in its place.
///
/// The model is given the beginning of its critique, `<think>` and `Let's verify step by step:`; where its chat template opens the
/// thinking by itself, only the latter. The critique is what follows.
pub struct RationalePrompts {
    prompts: Prompts,
    chat: Chat,
    thinking: Thinking,
    prefix: String,
}

impl RationalePrompts {
    /// Prompts in this form.
    ///
    /// # Errors
    /// A template file that cannot be read, or is wrong.
    pub fn new(
        context: &Context,
        form: RationaleForm,
        template: Option<&Path>,
        chat: Chat,
        thinking: Thinking,
    ) -> Result<Self> {
        let name = match form {
            RationaleForm::Gorm => GORM,
            RationaleForm::Gprm => GPRM_RATIONALE,
        };
        // The prefix hangs on the rendered chat template, so that it is added here.
        let prompts = Prompts::new(Texts::new(context, name, template)?, chat, thinking, "");
        Ok(Self { prompts, chat, thinking, prefix: BEGINNING.to_owned() })
    }

    /// The same prompts with another beginning of the critique; none for servers that lay their own chat template.
    pub fn with_prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }
}

impl CritiquePrompts for RationalePrompts {
    fn prompt(&self, generator: &dyn Generator, context: &Context, question: &Question, cot: &Cot) -> Result<Prompt> {
        let mut prompt = self.prompts.prompt(generator, context, question, cot)?;
        let is_open = prompt.text.ends_with(THINK);
        let prefix = self.prefix.strip_prefix(THINK).filter(|_| is_open).unwrap_or(&self.prefix);
        if self.chat == Chat::None && !prefix.is_empty() {
            // Nothing else separates the two.
            prompt.text.push_str("\n\n");
        }
        prompt.text.push_str(prefix);
        Ok(prompt)
    }

    fn templates(&self) -> Vec<(String, String)> {
        self.prompts.sources()
    }

    fn settings(&self) -> Map<String, Value> {
        let settings = [("chat", json!(self.chat)), ("thinking", json!(self.thinking)), ("prefix", json!(self.prefix))];
        settings.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
    }
}
