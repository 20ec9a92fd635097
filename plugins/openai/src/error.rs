//! What may go wrong between here and a server.

use std::path::PathBuf;

use touchstone::chat::ChatTemplateError;

/// The result of everything in this crate.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Every error of this crate. No message holds an API key or a password: see `address::Secrets`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The job was asked to stop.
    #[error("stopped on request")]
    Cancelled,

    /// Another request of the same call failed; that one's error is the call's.
    #[error("another request of the call failed")]
    Abandoned,

    /// The address is none.
    #[error("url is {url:?}, which is no web address: write it as http://127.0.0.1:8000/v1")]
    Url {
        /// What was set, without user name and password.
        url: String,
    },

    /// A duration that is none.
    #[error("{setting} is {value}, but it is a number of seconds: more than 0, and finite")]
    Seconds {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: f64,
    },

    /// The API key cannot be sent.
    #[error("the environment variable {variable} holds characters that no API key has: set it to the key alone")]
    Key {
        /// The variable's name.
        variable: String,
    },

    /// A sampler that the server cannot be told.
    #[error(
        "a server samples by itself, so the sampler {name:?} cannot be used with it: use `greedy` or `temperature`, which it \
         understands"
    )]
    Sampler {
        /// The sampler's name.
        name: String,
    },

    /// Settings of a sampler that the server cannot be told.
    #[error("the sampler {name:?} cannot be passed on to a server: {message}")]
    SamplerSettings {
        /// The sampler's name.
        name: String,
        /// What is wrong.
        message: String,
    },

    /// A stop text that ends every completion before its beginning.
    #[error("a stop text is empty: leave it out")]
    EmptyStop,

    /// The server refuses a request as such.
    #[error(
        "{url} answered HTTP {status}{}; tried {}, and not again, since it would be refused again: {advice}",
        said(message),
        times(attempts)
    )]
    Refused {
        /// What was asked.
        url: String,
        /// The status.
        status: u16,
        /// What the server said.
        message: String,
        /// How often it was tried.
        attempts: u32,
        /// What to do.
        advice: String,
    },

    /// The server could not be reached, was too busy or answered nothing usable, in every attempt.
    #[error(
        "{url} failed in every attempt, tried {}, at last with: {message}; see whether the server runs and what it logs, or set \
         more `retries` or a longer `timeout_seconds`",
        times(attempts)
    )]
    Unreachable {
        /// What was asked.
        url: String,
        /// How often it was tried.
        attempts: u32,
        /// What happened in the last attempt.
        message: String,
    },

    /// The time for the whole call is used up.
    #[error(
        "{url} did not answer everything within {seconds} seconds (total_timeout_seconds), with {failed} failed attempts at the \
         request that was being made; what was finished is kept: set more seconds, or none"
    )]
    OutOfTime {
        /// What was asked.
        url: String,
        /// The budget.
        seconds: f64,
        /// How often the request at hand had failed by then.
        failed: u32,
    },

    /// A completion that ends for a reason unknown here.
    #[error(
        "{url} ended a completion with the finish_reason {reason}, and only \"stop\" and \"length\" mean a text that can be \
         used: see what the server logs"
    )]
    FinishReason {
        /// What was asked.
        url: String,
        /// The reason, as JSON.
        reason: String,
    },

    /// An answer with other completions than those that were asked for.
    #[error("{url} gave {given} completions where {asked} were asked for: is it an OpenAI-compatible server?")]
    Choices {
        /// What was asked.
        url: String,
        /// How many there are.
        given: usize,
        /// How many were wanted.
        asked: usize,
    },

    /// Candidates whose log-probabilities the server does not tell.
    #[error(
        "{url} told no log-probabilities, so the candidates {candidates:?} cannot be read; it was asked for {asked} a \
         position{}: use a server that tells them (vLLM: --max-logprobs), or the other endpoint",
        reduced(asked, wanted)
    )]
    NoLogProbabilities {
        /// What was asked.
        url: String,
        /// The candidates.
        candidates: Vec<String>,
        /// How many log-probabilities a position were asked for at last.
        asked: usize,
        /// How many the settings want.
        wanted: usize,
    },

    /// A chat template that cannot be read.
    #[error("chat_template is {}: {message}; name a .jinja file, a tokenizer_config.json, or a folder on this machine with either", path.display())]
    Template {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },

    /// A chat template that cannot be rendered, or does not take the conversation.
    #[error(transparent)]
    Render(#[from] ChatTemplateError),

    /// A chat template for an endpoint that has one.
    #[error(
        "chat_template is {}, but with `endpoint: chat` the server lays its own template around every prompt: leave one of the \
         two out",
        path.display()
    )]
    TwoTemplates {
        /// The template.
        path: PathBuf,
    },

    /// A conversation for an endpoint that lays its own template.
    #[error(
        "with `endpoint: chat` the server lays its own chat template around every prompt, so none can be laid out before: set \
         `chat: none` where the prompts are made, or take the endpoint `completions`"
    )]
    ChatOfChat,

    /// A server that cannot lay out conversations.
    #[error(
        "the server lays out no conversations, since it has neither {template} nor {tokenize}: name the model's chat template \
         in `chat_template`"
    )]
    NoTemplate {
        /// Where llama.cpp would.
        template: String,
        /// Where vLLM would.
        tokenize: String,
    },

    /// A text that must have tokens has none.
    #[error("the {what} {text:?} has no token under the server's tokenizer: set another one")]
    NoToken {
        /// The setting.
        what: &'static str,
        /// Its value.
        text: String,
    },

    /// The two candidates cannot be told apart.
    #[error(
        "the candidates {incorrect:?} and {correct:?} end in the same token, {token}, under the server's tokenizer: set others"
    )]
    SameCandidates {
        /// One candidate.
        incorrect: String,
        /// The other.
        correct: String,
        /// Their last token.
        token: u32,
    },

    /// A candidate that is not among the tokens whose log-probabilities were told.
    #[error(
        "step {step}: the candidate {candidate:?} (token {token}) is not among the {asked} likeliest tokens that {url} was asked \
         for{}: raise `top_logprobs`, and with vLLM its --max-logprobs; is this a model that was trained to say it?",
        reduced(asked, wanted)
    )]
    MissingCandidate {
        /// What was asked.
        url: String,
        /// The step, from 1.
        step: usize,
        /// The candidate.
        candidate: String,
        /// Its token.
        token: u32,
        /// How many log-probabilities a position were asked for at last.
        asked: usize,
        /// How many the settings want.
        wanted: usize,
    },

    /// An answer without the log-probabilities that the server told before.
    #[error(
        "{url} answered without log-probabilities for {tokens} tokens and the one after them, which it told when it was asked \
         first: is there more than one server behind it?"
    )]
    Positions {
        /// What was asked.
        url: String,
        /// How many tokens the prompt has.
        tokens: usize,
    },

    /// What a server told gives no rewards.
    #[error(transparent)]
    Rewards(Box<touchstone::Error>),

    /// Another error, with where it happened.
    #[error("{place}: {source}")]
    At {
        /// Which CoT of which question.
        place: String,
        /// What happened there.
        source: Box<Error>,
    },

    /// A server whose tokenizer cannot be asked.
    #[error(
        "the server has no {url}, and rewards are read at tokens: take a server that tells its tokens (vLLM, llama.cpp), or see \
         whether `url` is its base address"
    )]
    NoTokenizer {
        /// What was asked.
        url: String,
    },
}

impl Error {
    /// This error, saying where it happened; that a call was stopped happened nowhere.
    pub(crate) fn at(self, place: String) -> Self {
        match self {
            Self::Cancelled | Self::Abandoned | Self::OutOfTime { .. } => self,
            error => Self::At { place, source: Box::new(error) },
        }
    }

    /// As an error of the plugin of this name; a job that was stopped stays one.
    pub(crate) fn of_plugin(&self, plugin: &str) -> touchstone::Error {
        match self {
            Self::Cancelled => touchstone::Error::Cancelled,
            error if error.is_of_the_server() => {
                touchstone::Error::Upstream { plugin: plugin.to_owned(), message: error.to_string() }
            }
            error => touchstone::Error::plugin(plugin, error.to_string()),
        }
    }

    /// Whether the server is to blame, and not what it was asked or the settings.
    fn is_of_the_server(&self) -> bool {
        match self {
            Self::Refused { .. }
            | Self::Unreachable { .. }
            | Self::OutOfTime { .. }
            | Self::FinishReason { .. }
            | Self::Choices { .. }
            | Self::NoLogProbabilities { .. }
            | Self::Positions { .. }
            | Self::NoTokenizer { .. } => true,
            Self::At { source, .. } => source.is_of_the_server(),
            _ => false,
        }
    }
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

fn times(attempts: &u32) -> String {
    if *attempts == 1 { "once".to_owned() } else { format!("{attempts} times") }
}

fn reduced(asked: &usize, wanted: &usize) -> String {
    if asked < wanted { format!(", since it refused {wanted}") } else { String::new() }
}
