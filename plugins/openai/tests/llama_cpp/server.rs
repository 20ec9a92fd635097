//! llama.cpp's server with SmolLM2-135M-Instruct, shared by the tests of this binary.

use std::path::Path;
use std::process::Child;
use std::sync::OnceLock;

use super::gguf;
pub use super::process::quantised;
use super::process::{Server, interpreter};

/// The base address of a server with the model's weights dequantised to 32 bits. It runs until this process ends.
pub fn url() -> Option<String> {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let (python, model) = (interpreter()?, quantised()?);
    Some(SERVER.get_or_init(|| start(&python, &gguf::dequantised(&model))).url.clone())
}

/// A server of its own with the file as it was published, stopped by dropping the process's standard input.
pub fn of_quantised() -> Option<(String, Child)> {
    let server = start(&interpreter()?, &quantised()?);
    Some((server.url, server.process))
}

fn start(python: &Path, model: &Path) -> Server {
    super::process::start(python, concat!(env!("CARGO_MANIFEST_DIR"), "/tests/llama_cpp/serve.py"), model, 0)
}
