//! A conversation as the text that a completion continues.
//!
//! A server puts its tokenizer's beginning-of-text token (BOS) before the prompts of `/completions` by itself. So a text that is
//! laid out here never begins with one, and there is exactly one in the end.

mod local;
mod server;

use touchstone::Context;
use touchstone::generator::Conversation;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::settings::{Endpoint, OpenAi};

use self::local::Local;
use self::server::Server;

/// Who lays out conversations.
pub(crate) enum Layout {
    /// A template that the settings name.
    Local(Box<Local>),
    /// The server, where it can.
    Server(Box<Server>),
    /// Nobody: `/chat/completions` lays its own template around every prompt.
    OfTheEndpoint,
}

impl Layout {
    /// The way that the settings ask for. A template is read, the server is not asked yet.
    pub fn new(settings: &OpenAi, client: &Client) -> Result<Self> {
        Ok(match (settings.endpoint, &settings.chat_template) {
            (Endpoint::Chat, Some(path)) => return Err(Error::TwoTemplates { path: path.clone() }),
            (Endpoint::Chat, None) => Self::OfTheEndpoint,
            (Endpoint::Completions, Some(path)) => Self::Local(Box::new(Local::read(path)?)),
            (Endpoint::Completions, None) => {
                Self::Server(Box::new(Server::new(client, settings.connection.model.clone())?))
            }
        })
    }

    /// The text that asks the model to go on with the conversation.
    pub fn lay_out(&self, client: &Client, context: &Context, conversation: &Conversation) -> Result<String> {
        match self {
            Self::Local(template) => template.lay_out(conversation),
            Self::Server(server) => server.lay_out(client, context, conversation),
            Self::OfTheEndpoint => Err(Error::ChatOfChat),
        }
    }
}
