//! What a client is answered, in OpenAI's protocol.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use touchstone_search::{Candidate, Choice, Ending, Solution, Spent};

use crate::clock::since_1970;

/// How much of what was found a client wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The answer, and why it was chosen.
    Choice,
    /// All solutions, too.
    Candidates,
}

/// Whether a stream's last part says what it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usage {
    Told,
    Untold,
}

/// What all parts of an answer begin with.
#[derive(Clone, Debug)]
pub(super) struct Naming {
    id: String,
    created: u64,
    model: String,
}

/// The answer to a conversation.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ChatAnswer {
    /// The answer's id, which holds the request's.
    id: String,
    /// `chat.completion`.
    object: &'static str,
    /// In seconds since 1970.
    created: u64,
    /// The solver.
    model: String,
    /// The answer, alone.
    choices: [AnswerChoice; 1],
    /// What it took.
    usage: TokenUsage,
    /// What OpenAI's protocol does not have.
    touchstone: Found,
}

/// The answer.
#[derive(Debug, Serialize, JsonSchema)]
struct AnswerChoice {
    /// 0.
    index: u32,
    /// What the model says.
    message: AnswerMessage,
    /// Null: log-probabilities are not told.
    logprobs: (),
    /// Why it ends where it does.
    finish_reason: Finish,
}

/// What the model says.
#[derive(Debug, Serialize, JsonSchema)]
struct AnswerMessage {
    /// `assistant`.
    role: &'static str,
    /// The text of the solution that was chosen.
    content: String,
    /// Null.
    refusal: (),
}

/// Why an answer ends where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Finish {
    /// The model, or a stop text, ended it.
    Stop,
    /// It has as many tokens or steps as it may, or fills the model's context.
    Length,
}

/// What an answer took.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
struct TokenUsage {
    /// 0: generators do not tell the prompt's tokens.
    prompt_tokens: u64,
    /// Tokens that were generated, those of all solutions, as far as the generator tells them.
    completion_tokens: u64,
    /// The sum of both.
    total_tokens: u64,
}

/// What OpenAI's protocol does not have: why this answer.
#[derive(Debug, Serialize, JsonSchema)]
struct Found {
    /// The answer that was read from the solution; null where none was found.
    answer: Option<String>,
    /// Why it was chosen, in a line.
    reason: String,
    /// How it was chosen, with the votes for each answer and the value of each solution.
    #[schemars(with = "Value")]
    choice: Choice,
    /// What all of it took.
    #[schemars(with = "Value")]
    spent: Spent,
    /// Every solution, with its steps, its rewards and its value; only where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<Value>>")]
    candidates: Option<Vec<Candidate>>,
}

/// A part of an answer that is streamed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ChatChunk {
    /// The same in all parts.
    id: String,
    /// `chat.completion.chunk`.
    object: &'static str,
    /// In seconds since 1970.
    created: u64,
    /// The solver.
    model: String,
    /// What is new; empty in the part that says what it took.
    choices: Vec<ChunkChoice>,
    /// What it took, in the last part, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<TokenUsage>,
    /// What OpenAI's protocol does not have, in the part that ends the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    touchstone: Option<Found>,
}

/// What is new of the answer.
#[derive(Debug, Serialize, JsonSchema)]
struct ChunkChoice {
    /// 0.
    index: u32,
    /// What is new.
    delta: Delta,
    /// Null.
    logprobs: (),
    /// Why it ends, in the part that ends it.
    finish_reason: Option<Finish>,
}

/// What is new of a message.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Delta {
    /// `assistant`, in the first part.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    /// More text.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

impl Naming {
    /// The names of the answer to a request of this id, by this solver.
    pub fn new(request: &str, solver: &str) -> Self {
        Self { id: format!("chatcmpl-{request}"), created: since_1970().as_secs(), model: solver.to_owned() }
    }
}

impl ChatAnswer {
    /// The answer that a solution is.
    pub(super) fn new(naming: Naming, solution: Solution, wanted: Wanted) -> Self {
        let Naming { id, created, model } = naming;
        let (content, finish_reason) = chosen(&solution);
        let message = AnswerMessage { role: "assistant", content, refusal: () };
        Self {
            id,
            object: "chat.completion",
            created,
            model,
            choices: [AnswerChoice { index: 0, message, logprobs: (), finish_reason }],
            usage: TokenUsage::of(&solution.spent),
            touchstone: Found::new(solution, wanted),
        }
    }
}

impl ChatChunk {
    fn new(naming: &Naming, choices: Vec<ChunkChoice>) -> Self {
        let Naming { id, created, model } = naming.clone();
        Self { id, object: "chat.completion.chunk", created, model, choices, usage: None, touchstone: None }
    }

    fn of_delta(naming: &Naming, delta: Delta, finish_reason: Option<Finish>) -> Self {
        Self::new(naming, vec![ChunkChoice { index: 0, delta, logprobs: (), finish_reason }])
    }

    /// The first part: who speaks.
    pub(super) fn first(naming: &Naming) -> Self {
        Self::of_delta(naming, Delta { role: Some("assistant"), content: Some(String::new()) }, None)
    }

    /// The parts of a solution: its text step by step, why it ends, and what it took where that is to be told.
    pub(super) fn all(naming: &Naming, solution: Solution, wanted: Wanted, usage: Usage) -> Vec<Self> {
        let (text, finish) = chosen(&solution);
        let steps = solution.best().map(|best| best.cot.steps.as_slice()).unwrap_or_default();
        let content = |text: &str| Self::of_delta(naming, Delta { role: None, content: Some(text.to_owned()) }, None);
        let mut chunks: Vec<Self> = parts(&text, steps.iter().map(|step| &**step)).into_iter().map(content).collect();
        let spent = TokenUsage::of(&solution.spent);
        let mut last = Self::of_delta(naming, Delta::default(), Some(finish));
        last.touchstone = Some(Found::new(solution, wanted));
        chunks.push(last);
        if usage == Usage::Told {
            chunks.push(Self { usage: Some(spent), ..Self::new(naming, Vec::new()) });
        }
        chunks
    }
}

/// The text of the solution that was chosen, and why it ends. Where nothing could be chosen, that is the first one.
fn chosen(solution: &Solution) -> (String, Finish) {
    let Some(best) = solution.best().or_else(|| solution.candidates.first()) else {
        return (String::new(), Finish::Stop);
    };
    let finish = match best.ending {
        Ending::EndOfText | Ending::Stop => Finish::Stop,
        Ending::Tokens | Ending::Steps | Ending::PromptTooLong => Finish::Length,
    };
    (best.text.clone(), finish)
}

/// The text, cut after each of these steps where they are in it.
fn parts<'t>(text: &'t str, steps: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    let (mut parts, mut rest) = (Vec::new(), text);
    for step in steps {
        let Some(end) = rest.find(step).map(|start| start + step.len()) else { continue };
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts.retain(|part| !part.is_empty());
    parts
}

impl TokenUsage {
    fn of(spent: &Spent) -> Self {
        Self { prompt_tokens: 0, completion_tokens: spent.generated_tokens, total_tokens: spent.generated_tokens }
    }
}

impl Found {
    fn new(solution: Solution, wanted: Wanted) -> Self {
        let Solution { choice, candidates, spent } = solution;
        Self {
            answer: choice.answer.clone(),
            reason: choice.to_string(),
            choice,
            spent,
            candidates: (wanted == Wanted::Candidates).then_some(candidates),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_text_are_the_text() {
        let text = "  a b\n\nc\n\na b";
        let cut = parts(text, ["a b", "c", "a b"].into_iter());
        assert_eq!(cut, ["  a b", "\n\nc", "\n\na b"]);
        assert_eq!(parts(text, ["not there"].into_iter()), [text]);
        assert_eq!(parts("", [].into_iter()), [""; 0]);
    }
}
