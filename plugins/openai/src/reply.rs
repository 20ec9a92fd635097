//! What a server answers to a request that reached it.

use serde_json::Value;

use crate::context;
use crate::error::Error;

/// A server's answer that is one.
pub(crate) enum Reply {
    /// JSON of the right form.
    Answer(Value),
    /// There is nothing at this address: the server has no such ability. With the error, if it must have it.
    Absent(Error),
    /// It does not accept the request in this form.
    Refusal(Refusal),
}

/// What a server says of a request that it does not accept.
pub(crate) struct Refusal {
    /// The error, if the request cannot be made in another form.
    pub error: Error,
    /// All that the server said, in lower case.
    said: String,
}

impl Refusal {
    pub fn new(error: Error, said: &str) -> Self {
        Self { error, said: said.to_lowercase() }
    }

    /// Whether the server's message contains these words.
    pub fn says(&self, words: &str) -> bool {
        self.said.contains(words)
    }

    /// Whether the prompt alone fills the model's context.
    pub fn is_of_a_full_context(&self) -> bool {
        context::prompt_fills(&self.said)
    }

    /// Whether the server's message contains this as a word of its own.
    pub fn names(&self, word: &str) -> bool {
        self.said.split(|character: char| !character.is_alphanumeric() && character != '_').any(|part| part == word)
    }

    #[cfg(test)]
    pub fn for_test(message: &str) -> Self {
        Self::new(Error::EmptyStop, message)
    }
}

/// What the server says in the body of an answer that is no success: the message in it, or all of it.
pub(crate) fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return text.into_owned() };
    let places = ["/error/message", "/message", "/error", "/detail"];
    let message = places.iter().find_map(|place| value.pointer(place).filter(|value| !value.is_null()));
    let parameter = value.pointer("/error/param").and_then(Value::as_str);
    let message = match message {
        Some(Value::String(message)) => message.clone(),
        Some(message) => message.to_string(),
        None => text.into_owned(),
    };
    match parameter {
        Some(parameter) => format!("{message} ({parameter})"),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_message_is_found_where_servers_put_it() {
        for (body, message) in [
            (r#"{"error": {"message": "too long", "code": 400}}"#, "too long"),
            (r#"{"error": {"message": "bad", "param": "n"}}"#, "bad (n)"),
            (r#"{"object": "error", "message": "too long"}"#, "too long"),
            (r#"{"error": "too long"}"#, "too long"),
            (r#"{"detail": [{"loc": ["body", "n"]}]}"#, r#"[{"loc":["body","n"]}]"#),
            ("<html>busy", "<html>busy"),
            ("", ""),
        ] {
            assert_eq!(said(body.as_bytes()), message);
        }
    }
}
