//! llama.cpp's server with SmolLM2-135M-Instruct, shared by the tests of this binary.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::gguf;

/// A server that runs until this process ends: it stops when its standard input is closed.
struct Server {
    url: String,
    _process: Child,
}

/// What an environment variable names, where it is set. It must be in CI.
fn named(variable: &str, what: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{variable} must name {what} in CI");
        println!("skipped: {variable} does not name {what}");
    }
    path
}

/// The model's file, as it was published.
pub fn quantised() -> Option<PathBuf> {
    named("TOUCHSTONE_SMOLLM2", "SmolLM2-135M-Instruct.Q4_1.gguf")
}

fn interpreter() -> Option<PathBuf> {
    named("TOUCHSTONE_LLAMA_SERVER", "a Python interpreter with the package xllamacpp")
}

/// The base address of a server with the model's weights dequantised to 32 bits.
pub fn url() -> Option<String> {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let (python, model) = (interpreter()?, quantised()?);
    Some(SERVER.get_or_init(|| start(&python, &gguf::dequantised(&model))).url.clone())
}

/// A server of its own with the file as it was published, stopped by dropping the process's standard input.
pub fn of_quantised() -> Option<(String, Child)> {
    let server = start(&interpreter()?, &quantised()?);
    Some((server.url, server._process))
}

fn start(python: &PathBuf, model: &PathBuf) -> Server {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/llama_cpp/serve.py");
    let mut process = Command::new(python)
        .arg(script)
        .arg(model)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", python.display()));
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let address = lines.find_map(|line| line.unwrap().strip_prefix("serving ").map(str::to_owned));
    let address = address.unwrap_or_else(|| panic!("{script} ended without serving: run it by hand to see why"));
    // What the server writes later must not fill the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    Server { url: format!("{address}/v1"), _process: process }
}
