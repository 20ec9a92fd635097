//! What is said to a model.

use serde::{Deserialize, Serialize};

use crate::generator::{Generator, Prompt};
use crate::{Context, Result};

/// What a model is to answer: turns, of which the last is usually the user's.
///
/// ```
/// use touchstone::generator::{Conversation, Thinking};
///
/// let question = Conversation::user("What is 2 + 2?").with_thinking(Thinking::Off);
/// assert_eq!(question.messages.len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// The turns, in order.
    pub messages: Vec<Message>,
    /// Whether the model is to think before it answers.
    #[serde(default)]
    pub thinking: Thinking,
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// What holds for the whole conversation.
    System,
    /// Who asks.
    User,
    /// The model.
    Assistant,
}

/// Whether a model that can think before it answers should.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Thinking {
    /// What the chat template does by itself.
    #[default]
    AsTemplate,
    /// It should.
    On,
    /// It should not. Templates that know no thinking pass this over.
    Off,
}

/// How a job's prompts reach a generator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Chat {
    /// As a turn of the user, in the model's own chat template.
    #[default]
    Model,
    /// As they are: for models that were trained on plain text alone, and for servers that lay their own chat template.
    None,
}

impl Chat {
    /// The prompt that asks this generator for an answer to `text`.
    ///
    /// # Errors
    /// Those of [`Generator::chat`].
    pub fn prompt(
        self,
        generator: &dyn Generator,
        context: &Context,
        text: String,
        thinking: Thinking,
    ) -> Result<Prompt> {
        match self {
            Self::Model => generator.chat(context, &Conversation::user(text).with_thinking(thinking)),
            Self::None => Ok(Prompt { text }),
        }
    }
}

impl Conversation {
    /// One turn of the user; thinking as the template has it.
    pub fn user(content: impl Into<String>) -> Self {
        Self { messages: vec![Message::user(content)], thinking: Thinking::default() }
    }

    /// The same conversation with this thinking.
    pub fn with_thinking(self, thinking: Thinking) -> Self {
        Self { thinking, ..self }
    }
}

impl Message {
    /// A turn of the user.
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: Role::User, content: content.into() }
    }
}
