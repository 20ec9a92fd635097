//! A server that lays out conversations: it is asked once how, and then in that way.
//!
//! | asked | whose | gives |
//! |---|---|---|
//! | `POST /apply-template` | llama.cpp | the text, without a BOS |
//! | `POST /tokenize` with messages, then `POST /detokenize` | vLLM | its tokens, with a BOS where the template writes one |

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};
use touchstone::Context;
use touchstone::generator::{Conversation, Thinking};

use crate::client::{Client, Route, Watch};
use crate::error::{Error, Result};
use crate::reply::Reply;
use crate::request::hash;
use crate::tokenizer::{self, tokens};

pub(crate) struct Server {
    model: String,
    template: Route,
    tokenize: Route,
    detokenize: Route,
    way: Mutex<Option<Way>>,
}

/// How a server lays out conversations.
#[derive(Clone, Debug, PartialEq)]
enum Way {
    /// By one request.
    Template,
    /// By tokens, which begin with these where they begin with a BOS.
    Tokens { beginning: Vec<u32> },
}

/// One conversation to be laid out.
struct Call<'a> {
    client: &'a Client,
    watch: Watch<'a>,
    conversation: &'a Conversation,
}

impl Server {
    pub fn new(client: &Client, model: String) -> Result<Self> {
        Ok(Self {
            model,
            template: client.beside("apply-template", |answer| text("prompt", answer).map(drop))?,
            tokenize: client.beside("tokenize", tokenizer::check)?,
            detokenize: client.beside("detokenize", |answer| text("prompt", answer).map(drop))?,
            way: Mutex::new(None),
        })
    }

    pub fn lay_out(&self, client: &Client, context: &Context, conversation: &Conversation) -> Result<String> {
        let abandoned = AtomicBool::new(false);
        let watch = Watch { context, abandoned: &abandoned, deadline: client.deadline() };
        let call = Call { client, watch, conversation };
        let known = self.way.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (way, text) = match known {
            Some(Way::Template) => (Way::Template, self.by_template(&call)?),
            Some(Way::Tokens { beginning }) => {
                let text = self.by_tokens(&call, &beginning)?;
                (Way::Tokens { beginning }, text)
            }
            None => match self.by_template(&call)? {
                Some(text) => (Way::Template, Some(text)),
                None => match self.beginning(&call)? {
                    Some(beginning) => {
                        let text = self.by_tokens(&call, &beginning)?;
                        (Way::Tokens { beginning }, text)
                    }
                    None => return Err(self.none()),
                },
            },
        };
        let text = text.ok_or_else(|| self.none())?;
        *self.way.lock().unwrap_or_else(PoisonError::into_inner) = Some(way);
        Ok(text)
    }

    /// llama.cpp's way; nothing where the server does not know it.
    fn by_template(&self, call: &Call<'_>) -> Result<Option<String>> {
        let mut body = Map::new();
        body.insert("messages".to_owned(), json!(call.conversation.messages));
        add_thinking(&mut body, call.conversation);
        call.ask(&self.template, &Value::Object(body), |answer| text("prompt", answer).unwrap_or_default())
    }

    /// vLLM's way, for a tokenizer that begins a text with `beginning`; nothing where the server does not know it.
    fn by_tokens(&self, call: &Call<'_>, beginning: &[u32]) -> Result<Option<String>> {
        let mut body = Map::new();
        body.insert("model".to_owned(), json!(self.model));
        body.insert("messages".to_owned(), json!(call.conversation.messages));
        body.insert("add_generation_prompt".to_owned(), json!(true));
        add_thinking(&mut body, call.conversation);
        let Some(tokens) = call.ask(&self.tokenize, &Value::Object(body), tokens)? else { return Ok(None) };
        let rest = tokens.strip_prefix(beginning).unwrap_or(&tokens);
        let body = json!({"model": self.model, "tokens": rest});
        call.ask(&self.detokenize, &body, |answer| text("prompt", answer).unwrap_or_default())
    }

    /// What the server's tokenizer begins every text with.
    fn beginning(&self, call: &Call<'_>) -> Result<Option<Vec<u32>>> {
        let body = json!({"model": self.model, "prompt": "", "add_special_tokens": true});
        call.ask(&self.tokenize, &body, tokens)
    }

    fn none(&self) -> Error {
        Error::NoTemplate {
            template: self.template.address.shown.clone(),
            tokenize: self.tokenize.address.shown.clone(),
        }
    }
}

impl Call<'_> {
    /// What `read` finds in the answer; nothing where there is no such route.
    fn ask<T>(&self, route: &Route, body: &Value, read: impl Fn(&Value) -> T) -> Result<Option<T>> {
        let salt = hash(body.to_string().bytes());
        match self.client.ask(&self.watch, route, body, salt)? {
            Reply::Answer(answer) => Ok(Some(read(&answer))),
            Reply::Absent(_) => Ok(None),
            Reply::Refusal(refusal) => Err(refusal.error),
        }
    }
}

/// What the template is told of thinking, in the field in which both servers pass it on.
fn add_thinking(body: &mut Map<String, Value>, conversation: &Conversation) {
    let thinking = match conversation.thinking {
        Thinking::AsTemplate => return,
        Thinking::On => true,
        Thinking::Off => false,
    };
    body.insert("chat_template_kwargs".to_owned(), json!({"enable_thinking": thinking}));
}

/// The text in this field of an answer.
fn text(field: &str, answer: &Value) -> Result<String, String> {
    let found = answer.get(field).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| format!("its answer holds no `{field}`"))
}
