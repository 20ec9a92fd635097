//! Conversations as the text that a model was trained on: the model's own chat template, rendered.
//!
//! Templates are Jinja, written for Python's `transformers`; they are rendered here as it does, with what it gives them
//! (`raise_exception`, `strftime_now`, its `tojson`, the methods of Python's strings).

mod environment;
mod error;
mod json;
mod source;

use std::sync::Arc;

use minijinja::{Environment, ErrorKind, Value, context};
use serde::Serialize;

use crate::source::ModelFiles;
use crate::tokenizer::Tokenizer;

pub use self::environment::Clock;
pub use self::error::ChatError;

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// What holds for the whole conversation.
    System,
    /// Who asks.
    User,
    /// The model.
    Assistant,
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// Whether a rendered conversation ends with the beginning of the model's next turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenerationPrompt {
    /// It does: the model is to answer.
    Add,
    /// It ends with its last turn: text to train on.
    Omit,
}

/// Whether a model that can think before it answers should.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Thinking {
    /// What the template does by itself.
    #[default]
    AsTemplate,
    /// It should.
    On,
    /// It should not. Templates that know no thinking pass this over.
    Off,
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
    /// The chat template of a model, if it has one: `chat_template.jinja` before the one in `tokenizer_config.json`, of
    /// several named ones the one called `default`; the metadata's in a GGUF. `tokenizer` tells the special tokens.
    ///
    /// # Errors
    /// [`ChatError`] if a file cannot be read, or with the line of a syntax error.
    pub fn open(files: &ModelFiles, tokenizer: &Tokenizer) -> Result<Option<Self>, ChatError> {
        let Some(source) = source::find(files)? else { return Ok(None) };
        let mut template = Self::new(source.name, source.text)?;
        let token = |id: Option<u32>| id.and_then(|id| tokenizer.token(id));
        template.bos = token(tokenizer.bos());
        template.eos = token(tokenizer.eos());
        Ok(Some(template))
    }

    /// A template in this text, called `name` in messages, of a model without special tokens.
    ///
    /// # Errors
    /// [`ChatError::Syntax`].
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Result<Self, ChatError> {
        let name = name.into();
        let wrong =
            |error: minijinja::Error| ChatError::Syntax { template: name.clone(), problem: error::problem(&error) };
        let mut environment = environment::new(Arc::new(environment::now)).map_err(wrong)?;
        environment.add_template_owned(name.clone(), source::without_generation_marks(&text.into())).map_err(wrong)?;
        Ok(Self { environment, name, bos: None, eos: None })
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

    /// The text of a conversation. It holds the special tokens as they are written; encode it with
    /// [`SpecialTokens::Add`](crate::tokenizer::SpecialTokens::Add), which adds a BOS only where the template did not.
    ///
    /// # Errors
    /// [`ChatError::Refused`] where the template does not take these messages, [`ChatError::Render`] where it fails.
    pub fn render(
        &self,
        messages: &[Message],
        prompt: GenerationPrompt,
        thinking: Thinking,
    ) -> Result<String, ChatError> {
        let token = |token: &Option<String>| token.as_deref().map_or(Value::UNDEFINED, Value::from);
        let values = context! {
            messages => minijinja::value::Serde(messages),
            add_generation_prompt => prompt == GenerationPrompt::Add,
            enable_thinking => match thinking {
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
                Some(message) => ChatError::Refused { template, message },
                None if error.kind() == ErrorKind::SyntaxError => {
                    ChatError::Syntax { template, problem: error::problem(&error) }
                }
                None => ChatError::Render { template, problem: error::problem(&error) },
            }
        })
    }
}

impl Message {
    /// A turn of the user.
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: Role::User, content: content.into() }
    }
}
