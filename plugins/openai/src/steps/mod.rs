//! Discriminative reward models on a server: `remote_dorm` and `remote_dprm`.
//!
//! ```text
//! question, CoT ──server's tokenizer──▶ tokens and marks ──fit──▶ cut to the context ──server──▶ two log-probabilities a mark ──softmax──▶ rewards
//! ```
//!
//! A prompt is sent as token ids, so a tag is where it was put, whatever its text would merge with. What is read at a mark is the
//! distribution of the token that follows it:
//!
//! | way | whose | requests a CoT | read where |
//! |---|---|---|---|
//! | `prompt_logprobs` | vLLM | 1 | at the token after the mark, and at the one that is generated |
//! | `echo` with `logprobs` | older vLLM, SGLang | 1 | the same |
//! | prefixes | everyone, llama.cpp | 1 a step | at the one token that is generated |
//!
//! Which way a server goes is found out once, by a prompt of a few tokens.

mod candidates;
mod reader;
mod settings;
mod text;
mod verifier;
mod way;

pub use candidates::Candidates;
pub use settings::{RemoteDorm, RemoteDprm, RemoteSteps};
