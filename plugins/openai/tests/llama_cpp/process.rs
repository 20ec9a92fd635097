//! llama.cpp's server as a process. The command's tests include this file, too.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A server that stops when its standard input is closed.
pub struct Server {
    pub url: String,
    pub process: Child,
}

/// What an environment variable names, where it is set. It must be in CI.
pub fn named(variable: &str, what: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{variable} must name {what} in CI");
        println!("skipped: {variable} does not name {what}");
    }
    path
}

/// SmolLM2's file, as it was published.
pub fn quantised() -> Option<PathBuf> {
    named("TOUCHSTONE_SMOLLM2", "SmolLM2-135M-Instruct.Q4_1.gguf")
}

/// What runs the script that serves.
pub fn interpreter() -> Option<PathBuf> {
    named("TOUCHSTONE_LLAMA_SERVER", "a Python interpreter with the package xllamacpp")
}

/// Serves the model by `script`, which is `serve.py` beside this file, on this port (0: any that is free), and waits until it
/// answers.
pub fn start(python: &Path, script: &str, model: &Path, port: u16) -> Server {
    let mut process = Command::new(python)
        .arg(script)
        .arg(model)
        .arg(port.to_string())
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
    Server { url: format!("{address}/v1"), process }
}
