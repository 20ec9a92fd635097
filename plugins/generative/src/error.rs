//! What may go wrong with a generative verifier.

use touchstone::generator::FinishReason;

/// Every error of this crate. Each message says what was wrong and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No critique of many held a verdict.
    #[error(
        "none of the first {critiques} critiques holds a verdict, which reads \"{form} Yes\" or \"{form} No\"; the last one \
         {ended} and reads: {text:?}. Does the prompt ask for that form (setting `template`), is the chat template the model's \
         (setting `chat`), and do critiques have room to end (setting `max_tokens`)?"
    )]
    NoVerdict {
        /// How many were looked at.
        critiques: usize,
        /// The verdict up to its word.
        form: &'static str,
        /// How the last one ended.
        ended: &'static str,
        /// The end of the last one.
        text: String,
    },
}

/// How a text ended, in words.
pub(crate) fn ended(finish: FinishReason) -> &'static str {
    match finish {
        FinishReason::EndOfText => "was ended by the model",
        FinishReason::Stop => "was ended by a stop text",
        FinishReason::Length => "was cut off at the token budget",
        FinishReason::PromptTooLong => "was never begun, because the prompt fills the model's context,",
    }
}
