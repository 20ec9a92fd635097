//! The program, serving.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// A running service. Dropping it kills it.
pub struct Program {
    pub url: String,
    child: Child,
    stderr: Arc<Mutex<String>>,
}

/// What the quick start serves.
pub const QUICK_START: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/quickstart/serve.yaml");

impl Program {
    /// Serves a recipe on a free port, and waits until its models are loaded.
    pub fn serve(recipe: &Path, key: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--recipe"]).arg(recipe);
        command.env_remove("TOUCHSTONE_SERVICE_KEY").envs(key.map(|key| ("TOUCHSTONE_SERVICE_KEY", key)));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = Arc::new(Mutex::new(String::new()));
        let (kept, mut told) = (Arc::clone(&stderr), child.stderr.take().unwrap());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = told.read(&mut bytes) {
                kept.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}{}", stderr.lock().unwrap());
        Self { url: url.trim().to_owned(), child, stderr }
    }

    /// What it has noted down so far.
    pub fn noted(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// The memory that it holds, in MiB.
    pub fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap() / 1024.0
    }

    /// Asks it to end, and gives its exit code.
    pub fn terminate(mut self) -> Option<i32> {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
