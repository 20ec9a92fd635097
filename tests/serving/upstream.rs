//! A solver whose generator is another server, llama.cpp's own, which is killed while clients wait.

use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::Agent;

use crate::process::{self, Server};
use crate::program::Program;

const CLIENTS: usize = 200;

/// llama.cpp's server on this port, once it answers.
fn start(python: &Path, model: &Path, port: u16) -> Server {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/openai/tests/llama_cpp/serve.py");
    process::start(python, script, model, port)
}

fn recipe(upstream: &str) -> String {
    format!(
        "
version: 1
verifiers:
  - {{ name: dPRM, verifier: {{ type: dprm, model: 'embedded:tiny', adapter: 'embedded:dPRM' }}, aggregator: {{ type: min }} }}
solvers:
  - name: best-of-2
    generator: {{ type: openai, url: '{upstream}', model: smollm2, retries: 0 }}
    strategy: {{ type: best_of_n, samples: 2 }}
    verifier: dPRM
    writing: {{ max_tokens: 24 }}
"
    )
}

fn ask(service: &str, path: &str, body: &Value) -> (u16, Value) {
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(120)))
        .build()
        .into();
    let mut response = agent.post(format!("{service}{path}")).send_json(body).unwrap();
    (response.status().as_u16(), response.body_mut().read_json().unwrap())
}

fn chat(service: &str, client: usize) -> (u16, Value) {
    let messages = json!([{ "role": "user", "content": format!("What is {client} + 1?") }]);
    ask(service, "/v1/chat/completions", &json!({ "model": "best-of-2", "messages": messages }))
}

#[test]
fn a_killed_upstream_is_a_502_and_its_successor_is_found_without_a_restart() {
    let (Some(python), Some(model)) = (process::interpreter(), process::quantised()) else { return };
    // Free a moment ago: the upstream must come back where it was.
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let mut upstream = start(&python, &model, port);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("serve.yaml");
    std::fs::write(&file, recipe(&upstream.url)).unwrap();
    let service = Program::serve(&file, None);
    let url = service.url.as_str();
    let (status, first) = chat(url, 0);
    assert_eq!(status, 200, "{first}");
    assert!(!first["choices"][0]["message"]["content"].as_str().unwrap().is_empty(), "{first}");
    let answered: Vec<(u16, Value)> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|client| scope.spawn(move || chat(url, client))).collect();
        // Some are answered by then, some are at work, and some wait.
        while !clients.iter().any(|client| client.is_finished()) {
            thread::sleep(Duration::from_millis(5));
        }
        upstream.process.kill().unwrap();
        upstream.process.wait().unwrap();
        let rewards = json!({ "question": "?", "cots": ["The answer is (A)."] });
        assert_eq!(ask(url, "/v1/rewards", &rewards).0, 200, "what needs no upstream goes on");
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let failed: Vec<&Value> = answered.iter().filter(|(status, _)| *status == 502).map(|(_, answer)| answer).collect();
    assert!(!failed.is_empty() && answered.iter().all(|(status, _)| matches!(status, 200 | 502)), "{answered:?}");
    for answer in failed {
        let message = answer["error"]["message"].as_str().unwrap();
        assert_eq!(answer["error"]["type"], "upstream_error");
        assert!(message.contains(&format!("127.0.0.1:{port}")) && message.contains("failed"), "{message}");
    }
    assert_eq!(chat(url, 1).0, 502);
    let mut upstream = start(&python, &model, port);
    let until = Instant::now() + Duration::from_secs(30);
    while chat(url, 1).0 != 200 {
        assert!(Instant::now() < until, "its successor is not found");
        thread::sleep(Duration::from_millis(100));
    }
    upstream.process.kill().unwrap();
    upstream.process.wait().unwrap();
    assert_eq!(service.terminate(), Some(0));
}
