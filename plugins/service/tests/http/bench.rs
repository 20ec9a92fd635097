//! A service on a free port, and a client.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use touchstone::{Context, Registry};
use touchstone_service::{Detail, Key, Keyless, Listener, Log, Opening, Server, ServiceRecipe};
use ureq::Agent;

/// A service that ends when this is dropped.
pub struct Bench {
    pub address: std::net::SocketAddr,
    pub stop: Context,
    pub lines: Arc<Mutex<Vec<String>>>,
    agent: Agent,
    running: Option<JoinHandle<()>>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Of a fault its field, else its code.
    pub fn fault(&self) -> (u16, String) {
        let error = &self.json()["error"];
        assert!(!error["message"].as_str().unwrap().is_empty());
        (self.status, error["param"].as_str().or(error["code"].as_str()).unwrap().to_owned())
    }
}

const RECIPE: &str = "
version: 1
verifiers:
  - { name: length, verifier: { type: by_length }, aggregator: { type: last } }
  - { name: second, verifier: { type: by_length }, aggregator: { type: min }, batch_cots: 1, workers: 4 }
solvers:
  - name: best
    generator: { type: scripted, texts: [\"Short.\\n\\nThe answer is (A).\", \"A longer one.\\n\\nThe answer is (B), surely.\", PROMPT] }
    strategy: { type: best_of_n, samples: 3 }
    verifier: length
  - name: majority
    generator: { type: scripted, texts: ['The answer is (C).', 'The answer is (A).', 'The answer is (C).'] }
    strategy: { type: majority_vote, samples: 3 }
  - name: gone
    generator: { type: scripted, texts: [gone] }
    strategy: { type: majority_vote, samples: 1 }
  - name: holds
    generator: { type: scripted, texts: ['hold:generator'] }
    strategy: { type: majority_vote, samples: 1 }
  - name: by-template
    generator: { type: scripted, texts: [PROMPT] }
    strategy: { type: majority_vote, samples: 1 }
    prompt: solution
    chat: none
";

impl Bench {
    /// A service with the usual verifiers and solvers, and these further fields of the recipe.
    pub fn with(limits: &str) -> Self {
        Self::of(limits, None, Detail::Requests)
    }

    pub fn of(limits: &str, key: Option<&str>, detail: Detail) -> Self {
        let context = Context::new(Registry::builtin());
        let stop = Context::new(Registry::builtin());
        let key = key.and_then(Key::new);
        let listener = Listener::bind(([127, 0, 0, 1], 0).into(), key.as_ref(), Keyless::Loopback).unwrap();
        let address = listener.address();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let log = Log::new(detail, move |line| kept.lock().unwrap().push(line.to_owned()));
        let recipe = ServiceRecipe::from_yaml(&format!("{RECIPE}{limits}")).unwrap();
        let opening = Opening { context: &context, folder: Path::new("."), key, log };
        let server = Server::open(recipe, opening, &stop).unwrap();
        let stops = stop.clone();
        let running = Some(std::thread::spawn(move || server.run(listener, &stops).unwrap()));
        let agent = Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(30)));
        Self { address, stop, lines, agent: agent.build().into(), running }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn get(&self, path: &str) -> Answer {
        read(self.agent.get(self.url(path)).call().unwrap())
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(path, &body.to_string(), &[("content-type", "application/json")])
    }

    pub fn send(&self, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let post = self.agent.post(self.url(path));
        read(headers.iter().fold(post, |post, (name, value)| post.header(*name, *value)).send(body).unwrap())
    }

    /// Waits until the service has ended.
    pub fn ended(&mut self) {
        self.running.take().unwrap().join().unwrap();
    }
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    let text = response.body_mut().read_to_string().unwrap();
    Answer { status: response.status().as_u16(), headers: response.headers().clone(), text }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(running) = self.running.take() {
            let _ = running.join();
        }
    }
}
