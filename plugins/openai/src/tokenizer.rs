//! The server's own tokenizer.
//!
//! | asked | whose |
//! |---|---|
//! | `POST /tokenize` with `content`, `add_special`, `parse_special` | llama.cpp |
//! | `POST /tokenize` with `model`, `prompt`, `add_special_tokens` | vLLM |
//!
//! Both answer with `tokens`. One body holds the fields of both, under which each finds its own.

use serde_json::{Value, json};

use crate::client::{Client, Route, Watch};
use crate::error::{Error, Result};
use crate::reply::Reply;
use crate::request::hash;

/// Whether an answer holds tokens; if not, what is wrong.
pub(crate) fn check(answer: &Value) -> Result<(), String> {
    match read(answer) {
        Some(_) => Ok(()),
        None => Err("its answer holds no list of `tokens`".to_owned()),
    }
}

/// The tokens in an answer.
pub(crate) fn tokens(answer: &Value) -> Vec<u32> {
    read(answer).unwrap_or_default()
}

fn read(answer: &Value) -> Option<Vec<u32>> {
    let token = |value: &Value| u32::try_from(value.as_u64()?).ok();
    answer.get("tokens")?.as_array()?.iter().map(token).collect()
}

/// Whether the tokens that the tokenizer adds by itself are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    Add,
    Omit,
}

/// A server's tokenizer.
pub(crate) struct Tokenizer {
    model: String,
    route: Route,
}

impl Tokenizer {
    pub fn new(client: &Client, model: &str) -> Result<Self> {
        Ok(Self { model: model.to_owned(), route: client.beside("tokenize", check)? })
    }

    /// The tokens of a text.
    ///
    /// # Errors
    /// [`Error::NoTokenizer`] where the server has no such ability.
    pub fn encode(&self, client: &Client, watch: &Watch<'_>, text: &str, special: Special) -> Result<Vec<u32>> {
        let add = special == Special::Add;
        // What looks like a control token in a text is its characters to llama.cpp, which can be told so; vLLM cannot.
        let body = json!({"content": text, "add_special": add, "parse_special": false,
            "model": self.model, "prompt": text, "add_special_tokens": add});
        match client.ask(watch, &self.route, &body, hash(text.bytes()))? {
            Reply::Answer(answer) => Ok(tokens(&answer)),
            Reply::Absent(_) => Err(Error::NoTokenizer { url: self.route.address.shown.clone() }),
            Reply::Refusal(refusal) => Err(refusal.error),
        }
    }
}
