//! Whether a server refuses a prompt because it fills the model's context alone.
//!
//! Only llama.cpp gives that a name of its own; the others say it in words, with the numbers of tokens. A prompt that would fit
//! with a smaller `max_tokens` is another matter: there the settings are wrong, and not the prompt.

/// What stands before or after the number of a prompt's tokens.
const PROMPT: [Mark; 7] = [
    Mark::Before("request ("),
    Mark::Before("prompt (length "),
    Mark::Before("the input ("),
    Mark::After(" input tokens"),
    Mark::After(" in the messages"),
    Mark::After(" in the prompt"),
    Mark::After(" tokens from the input messages"),
];

/// The same of the context's.
const CONTEXT: [Mark; 6] = [
    Mark::Before("context size ("),
    Mark::Before("maximum model length of "),
    Mark::Before("context length is only "),
    Mark::Before("context length is "),
    Mark::Before("context length of "),
    Mark::Before("context length ("),
];

/// Where a number stands.
enum Mark {
    /// These words come before it.
    Before(&'static str),
    /// These come after it.
    After(&'static str),
}

/// Whether this message, in lower case, says that the prompt alone has at least as many tokens as the context holds.
pub(crate) fn prompt_fills(message: &str) -> bool {
    match (number(message, &PROMPT), number(message, &CONTEXT)) {
        (Some(prompt), Some(context)) => prompt >= context,
        _ => false,
    }
}

fn number(message: &str, marks: &[Mark]) -> Option<u64> {
    marks.iter().find_map(|mark| match mark {
        Mark::Before(words) => {
            let (_, rest) = message.split_once(words)?;
            rest.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
        }
        Mark::After(words) => {
            let (rest, _) = message.split_once(words)?;
            rest.rsplit(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_that_fills_the_context_is_told_in_many_words() {
        for message in [
            "request (2000 tokens) exceeds the available context size (1024 tokens), try increasing it",
            "this model's maximum context length is 4096 tokens. however, you requested 4609 tokens (4097 in the messages, 512 \
             in the completion). please reduce the length",
            "this model's maximum context length is 4096 tokens. however, your request has 5000 input tokens.",
            "the decoder prompt (length 5000) is longer than the maximum model length of 4096.",
            "you passed 5000 input tokens and requested 1 output tokens. however, the model's context length is only 4096",
            "the input (5000 tokens) is longer than the model's context length (4096 tokens).",
            "requested token count exceeds the model's maximum context length of 4096 tokens. you requested a total of 5010 \
             tokens: 5000 tokens from the input messages and 10 tokens for the completion.",
        ] {
            assert!(prompt_fills(message), "{message}");
        }
    }

    #[test]
    fn a_budget_that_is_too_large_is_no_fault_of_the_prompts() {
        for message in [
            "'max_tokens' or 'max_completion_tokens' is too large: 8192. this model's maximum context length is 4096 tokens and \
             your request has 20 input tokens (8192 > 4096 - 20).",
            "this model's maximum context length is 4096 tokens. however, you requested 8292 tokens (100 in the messages, 8192 \
             in the completion).",
            "logprobs must be at most 20",
            "",
        ] {
            assert!(!prompt_fills(message), "{message}");
        }
    }
}
