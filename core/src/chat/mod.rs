//! Conversations as the text that a model was trained on: its own chat template, rendered.
//!
//! Templates are Jinja, written for Python's `transformers`; they are rendered here as it does, with what it gives them
//! (`raise_exception`, `strftime_now`, its `tojson`, the methods of Python's strings).
//!
//! ```
//! use touchstone::chat::{ChatTemplate, GenerationPrompt};
//! use touchstone::generator::Conversation;
//!
//! let template = ChatTemplate::new("chat_template.jinja", "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}")?;
//! assert_eq!(template.render(&Conversation::user("Hello"), GenerationPrompt::Omit)?, "<user>Hello");
//! # Ok::<(), touchstone::chat::ChatTemplateError>(())
//! ```

mod environment;
mod error;
mod json;
mod marks;

use std::sync::Arc;

use minijinja::{Environment, ErrorKind, Value, context};

use crate::generator::{Conversation, Thinking};

pub use self::environment::Clock;
pub use self::error::ChatTemplateError;

/// Whether a rendered conversation ends with the beginning of the model's next turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenerationPrompt {
    /// It does: the model is to answer.
    Add,
    /// It ends with its last turn: text to train on.
    Omit,
}

/// A model's chat template.
#[derive(Clone, Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    name: String,
    bos: Option<String>,
    eos: Option<String>,
}

impl ChatTemplate {
    /// A template in this text, called `name` in messages, of a model without special tokens.
    ///
    /// # Errors
    /// [`ChatTemplateError::Syntax`].
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Result<Self, ChatTemplateError> {
        let name = name.into();
        let wrong = |error: minijinja::Error| ChatTemplateError::Syntax {
            template: name.clone(),
            problem: error::problem(&error),
        };
        let mut environment = environment::new(Arc::new(environment::now)).map_err(wrong)?;
        environment.add_template_owned(name.clone(), marks::without_generation_marks(&text.into())).map_err(wrong)?;
        Ok(Self { environment, name, bos: None, eos: None })
    }

    /// The same template of a model with these special tokens, as templates name them: `bos_token` and `eos_token`.
    pub fn with_special_tokens(self, bos: Option<String>, eos: Option<String>) -> Self {
        Self { bos, eos, ..self }
    }

    /// The text of the token that begins a text, where the model has one.
    pub fn bos(&self) -> Option<&str> {
        self.bos.as_deref()
    }

    /// The same template with another clock behind `strftime_now`.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        environment::set_clock(&mut self.environment, clock);
        self
    }

    /// Where the template was found.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text of a conversation, with the special tokens written out: what encodes it adds a BOS only where there is none.
    ///
    /// # Errors
    /// [`ChatTemplateError::Refused`] where the template does not take these messages, [`ChatTemplateError::Render`] where it fails.
    pub fn render(&self, conversation: &Conversation, prompt: GenerationPrompt) -> Result<String, ChatTemplateError> {
        let token = |token: &Option<String>| token.as_deref().map_or(Value::UNDEFINED, Value::from);
        let values = context! {
            messages => minijinja::value::Serde(&conversation.messages),
            add_generation_prompt => prompt == GenerationPrompt::Add,
            enable_thinking => match conversation.thinking {
                Thinking::AsTemplate => Value::UNDEFINED,
                Thinking::On => Value::from(true),
                Thinking::Off => Value::from(false),
            },
            bos_token => token(&self.bos),
            eos_token => token(&self.eos),
            tools => Value::from(()),
            documents => Value::from(()),
        };
        let rendered = self.environment.get_template(&self.name).and_then(|template| template.render(values));
        rendered.map_err(|error| {
            let template = self.name.clone();
            match environment::refusal(&error) {
                Some(message) => ChatTemplateError::Refused { template, message },
                None if error.kind() == ErrorKind::SyntaxError => {
                    ChatTemplateError::Syntax { template, problem: error::problem(&error) }
                }
                None => ChatTemplateError::Render { template, problem: error::problem(&error) },
            }
        })
    }
}
