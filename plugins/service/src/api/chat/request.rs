//! What a client asks, in OpenAI's protocol.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use touchstone::generator::{Message, Role};
use touchstone::{Category, PluginSpec, Registry, Sampler};
use touchstone_search::Writing;

use super::answer::{Usage, Wanted};
use crate::Fault;
use crate::solving::Conversing;

/// A conversation that is to be answered. What OpenAI's protocol has besides is passed over, but where that would change the
/// answer: there it is refused.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ChatRequest {
    /// The name of a solver.
    pub model: String,
    /// The conversation; its last message is usually the user's.
    messages: Vec<ChatMessage>,
    /// Whether the answer comes in parts.
    #[serde(default)]
    stream: Option<bool>,
    /// How it does.
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    /// The most new tokens of each solution.
    #[serde(default)]
    max_completion_tokens: Option<NonZeroUsize>,
    /// The same by its older name.
    #[serde(default)]
    max_tokens: Option<NonZeroUsize>,
    /// From 0, always the likeliest token, to 2. At 0 all solutions are the same, so there is nothing to choose from.
    #[serde(default)]
    temperature: Option<f64>,
    /// Only the likeliest tokens that together have this probability.
    #[serde(default)]
    top_p: Option<f64>,
    /// Texts before which a solution ends.
    #[serde(default)]
    stop: Option<Stop>,
    /// Where randomness starts.
    #[serde(default)]
    seed: Option<i64>,
    /// 1: how many solutions are sampled is the strategy's.
    #[serde(default)]
    n: Option<u32>,
    /// What OpenAI's protocol does not have.
    #[serde(default)]
    touchstone: Option<Extension>,
    #[serde(flatten)]
    #[schemars(skip)]
    others: BTreeMap<String, Value>,
}

/// What OpenAI's protocol does not have.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Extension {
    /// Whether the answer comes with all solutions and their rewards.
    #[serde(default)]
    candidates: Option<bool>,
    /// The question's subject, for verifiers and templates that are told it.
    #[serde(default)]
    category: Option<String>,
}

/// How an answer comes in parts.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct StreamOptions {
    /// Whether the last part says what it took.
    #[serde(default)]
    include_usage: Option<bool>,
}

/// A turn of the conversation.
#[derive(Debug, Deserialize, JsonSchema)]
struct ChatMessage {
    /// Who says it.
    role: Speaker,
    /// What is said.
    #[serde(default)]
    content: Option<Content>,
}

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Speaker {
    /// What holds for the whole conversation.
    System,
    /// The same by its newer name.
    Developer,
    /// Who asks.
    User,
    /// The model.
    Assistant,
}

/// What is said.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "content is a text, or a list of {\"type\": \"text\", \"text\": …}; pictures and sound are not read"
)]
enum Content {
    /// A text.
    Text(String),
    /// Texts.
    Parts(Vec<Part>),
}

/// A part of what is said.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part {
    /// A text.
    Text {
        /// The text.
        text: String,
    },
}

/// Texts before which a solution ends.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "stop is a text or a list of texts")]
enum Stop {
    /// A text.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl ChatRequest {
    /// How much of what was found the client wants to see.
    pub(super) fn wanted(&self) -> Wanted {
        let candidates = self.touchstone.as_ref().and_then(|extension| extension.candidates);
        if candidates == Some(true) { Wanted::Candidates } else { Wanted::Choice }
    }

    /// Whether it is to come in parts, and how.
    pub(super) fn streaming(&self) -> Option<Usage> {
        let told = self.stream_options.as_ref().and_then(|options| options.include_usage) == Some(true);
        (self.stream == Some(true)).then_some(if told { Usage::Told } else { Usage::Untold })
    }

    /// What is asked of the solver, that writes so where the request does not say.
    ///
    /// # Errors
    /// A fault that names the field.
    pub(super) fn asked(self, usual: &Writing, registry: &Registry) -> Result<Conversing, Fault> {
        self.check()?;
        let sampler = self.sampler(&usual.sampler)?;
        registry.check(&sampler).map_err(|error| Fault::field("temperature", error.to_string()))?;
        let mut writing = Writing { sampler, ..usual.clone() };
        if let Some(most) = self.max_completion_tokens.or(self.max_tokens) {
            writing.max_tokens = most;
        }
        if let Some(seed) = self.seed {
            writing.seed = seed.cast_unsigned();
        }
        match self.stop {
            Some(Stop::One(stop)) => writing.stop.push(stop),
            Some(Stop::Many(stops)) => writing.stop.extend(stops),
            None => {}
        }
        writing.check().map_err(|error| Fault::field("stop", error.to_string()))?;
        let category = self.touchstone.and_then(|extension| extension.category);
        let messages = self.messages.into_iter().map(Message::from).collect();
        Ok(Conversing { messages, category: Category::new(category.unwrap_or_else(|| "other".to_owned())), writing })
    }

    /// The usual sampler with what the request sets of it.
    fn sampler(&self, usual: &PluginSpec<dyn Sampler>) -> Result<PluginSpec<dyn Sampler>, Fault> {
        if let Some(temperature) = self.temperature.filter(|temperature| !(0.0..=2.0).contains(temperature)) {
            return Err(Fault::field("temperature", format!("temperature is {temperature}; it goes from 0 to 2")));
        }
        if let Some(top_p) = self.top_p.filter(|top_p| !(*top_p > 0.0 && *top_p <= 1.0)) {
            return Err(Fault::field("top_p", format!("top_p is {top_p}; it is above 0 and at most 1")));
        }
        if self.temperature == Some(0.0) {
            return Ok(PluginSpec::named("greedy"));
        }
        let set = [("temperature", self.temperature), ("top_p", self.top_p)];
        if set.iter().all(|(_, value)| value.is_none()) {
            return Ok(usual.clone());
        }
        let start = if usual.name() == "temperature" { usual.clone() } else { PluginSpec::named("temperature") };
        let with = |spec: PluginSpec<dyn Sampler>, (field, value): (&str, Option<f64>)| match value {
            Some(value) => spec.with(field, value),
            None => spec,
        };
        Ok(set.into_iter().fold(start, with))
    }

    fn check(&self) -> Result<(), Fault> {
        if !self.messages.iter().any(|message| message.role == Speaker::User) {
            return Err(Fault::field("messages", "there is no message of the user, so there is nothing to answer"));
        }
        if self.n.is_some_and(|n| n != 1) {
            let message = "n is 1 here: how many solutions are sampled is the strategy's, and \
                           `\"touchstone\": {\"candidates\": true}` shows all of them";
            return Err(Fault::field("n", message));
        }
        match self.others.iter().find(|(field, value)| changes_the_answer(field, value)) {
            Some((field, _)) => {
                Err(Fault::field(field.as_str(), format!("{field} is not understood here; leave it out")))
            }
            None => Ok(()),
        }
    }
}

/// Whether a field that is not understood asks for another answer than one without it. Others, such as `user`, say how a request
/// is to be handled or filed.
fn changes_the_answer(field: &str, value: &Value) -> bool {
    let is_set = match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        _ => true,
    };
    match field {
        "tools" | "functions" | "logprobs" | "top_logprobs" | "logit_bias" | "audio" | "prediction"
        | "presence_penalty" | "frequency_penalty" | "web_search_options" => is_set,
        "tool_choice" | "function_call" => is_set && value != "none" && value != "auto",
        "response_format" => is_set && value["type"] != "text",
        "modalities" => is_set && *value != serde_json::json!(["text"]),
        _ => false,
    }
}

impl From<ChatMessage> for Message {
    fn from(message: ChatMessage) -> Self {
        let role = match message.role {
            Speaker::System | Speaker::Developer => Role::System,
            Speaker::User => Role::User,
            Speaker::Assistant => Role::Assistant,
        };
        let content = match message.content {
            None => String::new(),
            Some(Content::Text(text)) => text,
            Some(Content::Parts(parts)) => parts.into_iter().map(|Part::Text { text }| text).collect(),
        };
        Self { role, content }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    // What the samplers of requests are.
    use touchstone_samplers as _;

    use super::*;

    fn asked(more: Value) -> Result<Conversing, Fault> {
        let mut request = json!({ "model": "m", "messages": [{ "role": "user", "content": "?" }] });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let request: ChatRequest = serde_json::from_value(request).unwrap();
        request.asked(&Writing::default(), &Registry::builtin())
    }

    fn field_of(more: Value) -> String {
        let fault = asked(more.clone()).err().unwrap_or_else(|| panic!("{more} is taken"));
        serde_json::to_value(fault.body()).unwrap()["error"]["param"].as_str().unwrap().to_owned()
    }

    #[test]
    fn what_would_change_the_answer_and_is_not_understood_is_refused_by_name() {
        for (field, value) in [
            ("n", json!(2)),
            ("tools", json!([{ "type": "function" }])),
            ("response_format", json!({ "type": "json_object" })),
            ("logprobs", json!(true)),
            ("presence_penalty", json!(0.5)),
            ("temperature", json!(2.5)),
            ("top_p", json!(0)),
            ("stop", json!("")),
        ] {
            assert_eq!(field_of(json!({ field: value })), field);
        }
        assert_eq!(field_of(json!({ "messages": [{ "role": "system", "content": "x" }] })), "messages");
    }

    #[test]
    fn what_changes_nothing_is_passed_over() {
        let more = json!({ "user": "u", "tools": null, "presence_penalty": 0, "response_format": { "type": "text" }, "n": 1,
                           "tool_choice": "auto", "metadata": { "a": "b" }, "parallel_tool_calls": true });
        assert!(asked(more).is_ok());
    }

    #[test]
    fn the_request_sets_how_text_is_written() {
        let writing =
            asked(json!({ "temperature": 0.2, "max_tokens": 9, "seed": -1, "stop": ["a", "b"] })).ok().unwrap().writing;
        assert_eq!(writing.sampler.to_string(), "temperature{temperature=0.2}");
        assert_eq!(
            (writing.max_tokens.get(), writing.seed, writing.stop),
            (9, u64::MAX, vec!["a".to_owned(), "b".to_owned()])
        );
        let writing = asked(json!({ "top_p": 0.5 })).ok().unwrap().writing;
        assert_eq!(writing.sampler.to_string(), "temperature{temperature=0.7,top_p=0.5}");
        assert_eq!(asked(json!({ "temperature": 0 })).ok().unwrap().writing.sampler.to_string(), "greedy");
    }

    #[test]
    fn content_may_come_in_parts() {
        let parts = json!([{ "type": "text", "text": "2 + " }, { "type": "text", "text": "2?" }]);
        let told = asked(json!({ "messages": [{ "role": "user", "content": parts }] })).ok().unwrap();
        assert_eq!(told.messages[0].content, "2 + 2?");
    }
}
