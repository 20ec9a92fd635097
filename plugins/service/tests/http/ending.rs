//! Clients that go, and a service that ends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::plugins::{BEGUN, RELEASED, STOPPED};

/// Sends a request and does not wait for the answer.
fn sent(bench: &Bench, path: &str, body: &Value) -> TcpStream {
    let mut stream = TcpStream::connect(bench.address).unwrap();
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    stream
}

#[test]
fn the_work_of_a_client_that_has_gone_is_stopped() {
    let bench = Bench::with("");
    let rewards = sent(&bench, "/v1/rewards", &json!({ "question": "?", "cots": [["hold:gone"]] }));
    BEGUN.wait_for("gone");
    drop(rewards);
    STOPPED.wait_for("gone");
    // A solver's verifier works through the same queue, here on another thread.
    for stream in [false, true] {
        let name = format!("gone {stream}");
        let solver = format!(
            "
  - name: held
    generator: {{ type: scripted, texts: ['hold:{name}'] }}
    strategy: {{ type: majority_vote, samples: 1 }}
"
        );
        let bench = Bench::with(&solver);
        let chat = json!({ "model": "held", "messages": [{ "role": "user", "content": "?" }], "stream": stream });
        let chat = sent(&bench, "/v1/chat/completions", &chat);
        BEGUN.wait_for(&name);
        drop(chat);
        STOPPED.wait_for(&name);
    }
    let queue = || bench.get("/metrics").text.lines().any(|line| line == "touchstone_queue_length 0");
    let until = Instant::now() + Duration::from_secs(10);
    while !queue() {
        assert!(Instant::now() < until, "its place in the queue is free again");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn asked_to_end_it_finishes_what_it_has_and_accepts_nothing_more() {
    let mut bench = Bench::with("");
    let mut client = sent(&bench, "/v1/rewards", &json!({ "question": "?", "cots": [["hold:drained"]] }));
    BEGUN.wait_for("drained");
    let idle = TcpStream::connect(bench.address).unwrap();
    bench.stop.cancel();
    let until = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(bench.address).is_ok() {
        assert!(Instant::now() < until, "it still accepts");
        thread::sleep(Duration::from_millis(10));
    }
    RELEASED.put("drained");
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"rewards\":[0.12]"), "{answer}");
    bench.ended();
    drop(idle);
}

#[test]
fn what_does_not_end_in_time_is_stopped_and_told() {
    let mut bench = Bench::with("limits: { drain_seconds: 0.2 }");
    let mut client = sent(&bench, "/v1/rewards", &json!({ "question": "?", "cots": [["hold:never"]] }));
    BEGUN.wait_for("never");
    bench.stop.cancel();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("\"stopping\""), "{answer}");
    assert!(answer.to_lowercase().contains("retry-after: 1"), "{answer}");
    STOPPED.wait_for("never");
    bench.ended();
}

#[test]
fn a_client_that_sends_no_request_or_half_of_one_does_not_hold_others_up() {
    let bench = Bench::with("limits: { connections: 4, seconds: 2 }");
    let mut half = TcpStream::connect(bench.address).unwrap();
    half.write_all(
        b"POST /v1/rewards HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{",
    )
    .unwrap();
    let _silent = TcpStream::connect(bench.address).unwrap();
    assert_eq!(bench.get("/healthz").status, 200);
    let mut answer = String::new();
    half.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
}
