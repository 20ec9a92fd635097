//! Two hundred clients at once, for as many seconds as `TOUCHSTONE_LOAD_SECONDS` says (10 where it does not): every request is
//! answered, each with what it would get alone, and memory stays where it is.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::Agent;

use crate::program::{Program, QUICK_START};

const CLIENTS: usize = 200;

/// How many requests there are that differ.
const REQUESTS: usize = 150;

/// After the first quarter memory may grow by so many MiB: what allocators keep for as many threads.
const GROWTH: f64 = 32.0;

/// A request by its number: three kinds of them, whose answers all differ.
fn request(number: usize) -> (&'static str, Value) {
    let question = format!("What is {number} + 3? (A) {} (B) {}", number + 3, number + 4);
    if number.is_multiple_of(25) {
        let messages = json!([{ "role": "user", "content": question }]);
        return (
            "/v1/chat/completions",
            json!({ "model": "best-of-4", "messages": messages, "max_tokens": 20, "seed": number }),
        );
    }
    let cot =
        |cot: usize| format!("First take {number}.\n\nThen add {cot}.\n\nThe answer is ({}).", ["A", "B"][cot % 2]);
    let cots: Vec<String> = (0..=number % 4).map(cot).collect();
    let verifier = ["dPRM", "dORM"][number % 2];
    ("/v1/rewards", json!({ "question": question, "cots": cots, "verifier": verifier }))
}

/// The part of an answer that hangs on the request alone.
fn essence(answer: &Value) -> Value {
    match answer.get("cots") {
        Some(cots) => cots.clone(),
        None => json!([answer["choices"], answer["touchstone"], answer["usage"]]),
    }
}

fn ask(agent: &Agent, service: &str, number: usize, id: &str) -> Value {
    let (path, body) = request(number);
    let post =
        agent.post(format!("{service}{path}")).header("content-type", "application/json").header("x-request-id", id);
    let mut response = post.send(body.to_string()).unwrap_or_else(|error| panic!("request {id} is lost: {error}"));
    let answer: Value = response.body_mut().read_json().unwrap();
    assert_eq!(response.status(), 200, "{id}: {answer}");
    let told = answer["id"].as_str().unwrap();
    assert_eq!(told.trim_start_matches("chatcmpl-"), id, "another request's answer");
    answer
}

fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(120))).build().into()
}

#[test]
fn two_hundred_clients_lose_nothing_mix_nothing_up_and_leave_memory_as_it_is() {
    let seconds = std::env::var("TOUCHSTONE_LOAD_SECONDS").map_or(10, |seconds| seconds.parse().unwrap());
    let service = Program::serve(Path::new(QUICK_START), None);
    let alone: Vec<Value> =
        (0..REQUESTS).map(|number| essence(&ask(&agent(), &service.url, number, "alone"))).collect();
    let over = AtomicBool::new(false);
    let latencies = Mutex::new(Vec::new());
    let mut memory = Vec::new();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (service, alone, over, latencies) = (&service, &alone, &over, &latencies);
            scope.spawn(move || {
                let agent = agent();
                let mut own = Vec::new();
                for round in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let number = (client * 7 + round) % REQUESTS;
                    let begun = Instant::now();
                    let answer = ask(&agent, &service.url, number, &format!("{client}-{round}"));
                    own.push(begun.elapsed());
                    assert_eq!(essence(&answer), alone[number], "request {number} of client {client}");
                }
                latencies.lock().unwrap().extend(own);
            });
        }
        for _ in 0..seconds * 2 {
            thread::sleep(Duration::from_millis(500));
            memory.push(service.memory());
        }
        over.store(true, Ordering::Relaxed);
    });
    let mut latencies = latencies.into_inner().unwrap();
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    let most = |part: &[f64]| part.iter().copied().fold(0.0, f64::max);
    let (begin, rest) = memory.split_at(memory.len() / 4);
    let figures = ureq::get(format!("{}/metrics", service.url)).call().unwrap().body_mut().read_to_string().unwrap();
    let figure =
        |name: &str| figures.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok()).unwrap();
    println!(
        "{CLIENTS} clients, {seconds} s: {} answers, {:.0} a second; p50 {:.0} ms, p99 {:.0} ms, longest {:.0} ms; {:.1} CoTs a \
         batch; memory {:.0} MiB in the first quarter, {:.0} MiB after it",
        latencies.len(),
        latencies.len() as f64 / seconds as f64,
        at(0.5),
        at(0.99),
        at(1.0),
        figure("touchstone_batch_cots_sum") / figure("touchstone_batch_cots_count"),
        most(begin),
        most(rest),
    );
    assert!(latencies.len() > CLIENTS, "every client was answered");
    assert!(most(rest) <= most(begin) + GROWTH, "memory grows: {memory:?}");
    assert!(figures.contains("touchstone_queue_length 0"), "nothing is left over");
    assert_eq!(service.terminate(), Some(0));
}
