//! `touchstone serve` as its users meet it: the program with the models that are part of it, asked by curl, by the official OpenAI
//! client, by two hundred clients at once, and with its upstream killed.

#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

mod clients;
mod load;
#[path = "../../plugins/openai/tests/llama_cpp/process.rs"]
mod process;
mod program;
mod upstream;
