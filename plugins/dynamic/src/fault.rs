//! What a plugin may do wrong in a call.

use touchstone::{CotId, QuestionId};

use crate::text::NotUtf8;

/// What went wrong in a call across the border.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The plugin could not do its work.
    #[error("{0}")]
    Failed(String),
    /// It failed without a word.
    #[error("it failed and gave no reason: its author should put a message")]
    Silent,
    /// It failed with a message that cannot be read.
    #[error("it failed with {0}")]
    Message(NotUtf8),
    /// It returned what is none of the known statuses.
    #[error("it returned the status {0}, which is none of 0 (done), 1 (failed) and 2 (cancelled)")]
    Status(i32),
    /// It says that it was asked to stop, and it was not.
    #[error("it returned the status 2 (cancelled), and nobody asked it to stop")]
    NotAsked,
    /// It takes one call at a time, and reached itself.
    #[error("it was called from within a call of its own, and it takes one call at a time")]
    WithinItself,
    /// It lacks the function that its kind needs.
    #[error("the function is null, and the plugin's kind needs it")]
    NoFunction,
    /// An aggregator's value is not finite.
    #[error("it gave the value {value} for {rewards} rewards: a value must be finite")]
    NotFinite {
        /// The value.
        value: f64,
        /// How many rewards went in.
        rewards: usize,
    },
    /// A splitter's range breaks its law.
    #[error("{0}")]
    Range(String),
    /// A sampler's token is none.
    #[error("it chose the token {token} of a vocabulary of {vocabulary}")]
    Token {
        /// The token.
        token: u32,
        /// How many tokens there are.
        vocabulary: usize,
    },
    /// Rewards for what was not asked.
    #[error(
        "it gave rewards to CoT {cot} of question {question} (places from 0), and there are {questions} questions here, with {cots} CoTs in that place"
    )]
    NoSuchCot {
        /// The place of the question.
        question: usize,
        /// The place of the CoT.
        cot: usize,
        /// How many questions there are.
        questions: usize,
        /// How many CoTs the question has, 0 where it is none.
        cots: usize,
    },
    /// Rewards twice.
    #[error("it gave rewards to CoT {cot} of question {question} twice")]
    Twice {
        /// The question.
        question: QuestionId,
        /// The CoT.
        cot: CotId,
    },
    /// No rewards.
    #[error("it gave no rewards to CoT {cot} of question {question}")]
    Unscored {
        /// The question.
        question: QuestionId,
        /// The CoT.
        cot: CotId,
    },
    /// A reward that is no probability.
    #[error("CoT {cot} of question {question}: {message}")]
    Rewards {
        /// The question.
        question: QuestionId,
        /// The CoT.
        cot: CotId,
        /// What is wrong with them.
        message: String,
    },
    /// Rewards that are not there.
    #[error(
        "it gave {length} rewards to CoT {cot} of question {question}, and no list of numbers is that long or is null"
    )]
    NoRewards {
        /// The question.
        question: QuestionId,
        /// The CoT.
        cot: CotId,
        /// How many rewards it says there are.
        length: usize,
    },
    /// A scope that is none.
    #[error("it returned the scope {0}, which is none of 0 (the CoT) and 1 (the question)")]
    Scope(u32),
    /// A completion of what was not asked, or the same one twice, or none.
    #[error(
        "{problem} of prompt {prompt}, sample {sample} (places from 0); asked for were {samples} samples of each of {prompts} prompts"
    )]
    Completion {
        /// What is wrong.
        problem: &'static str,
        /// The place of the prompt.
        prompt: usize,
        /// The sample's number.
        sample: usize,
        /// How many prompts there were.
        prompts: usize,
        /// How many samples of each were asked for.
        samples: usize,
    },
    /// A completion that is not of its form.
    #[error(
        "its completion of prompt {prompt}, sample {sample} (places from 0) is not of the form that the contract says: {message}"
    )]
    CompletionForm {
        /// The place of the prompt.
        prompt: usize,
        /// The sample's number.
        sample: usize,
        /// What is wrong.
        message: String,
    },
    /// A key that cannot be read.
    #[error("its key is {0}")]
    Key(NotUtf8),
    /// An answer that cannot be read.
    #[error("its answer is {0}")]
    Answer(NotUtf8),
    /// A prompt that cannot be read.
    #[error("its prompt is {0}")]
    Prompt(NotUtf8),
    /// What receives the results failed.
    #[error("what takes its results panicked; this is no fault of the plugin")]
    Receiver,
}
