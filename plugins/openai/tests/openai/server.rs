//! A server on this machine that speaks OpenAI's protocol, with faults on demand.
//!
//! Its model writes every prompt backwards, a character a token; where it is not greedy, the seed and a space come first.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use super::tokens::{self, Shape};

/// What goes wrong with a request.
#[derive(Clone)]
pub enum Wrong {
    /// This status with these headers and this body.
    Status(u16, &'static str, String),
    /// The answer's body ends after so many bytes of those that were announced.
    Truncated(usize),
    /// The same without an announced length, as where a server ends the answer by closing.
    CutOff(usize),
    /// 200 with this body.
    Body(&'static str),
    /// This text instead of any HTTP.
    Raw(&'static str),
    /// Closed without a word.
    Dropped,
    /// Nothing for so long, then the answer.
    Slow(Duration),
    /// Nothing, until the server ends.
    Silent,
}

/// How the model is told of.
#[derive(Clone, Copy, Default, PartialEq)]
pub enum Form {
    /// `tokens`, `token_logprobs`, `top_logprobs`.
    #[default]
    Lists,
    /// `content`.
    Content,
    /// No log-probabilities.
    Nothing,
}

/// What this server accepts, and how it answers.
#[derive(Clone, Default)]
pub struct Behaviour {
    /// 400 for more than one completion a request.
    pub refuses_many: bool,
    /// At most so many choices an answer, whatever was asked for.
    pub most_choices: Option<usize>,
    /// 400 for more log-probabilities than this.
    pub most_log_probabilities: Option<usize>,
    /// 400 for bodies with this field.
    pub refuses_field: Option<&'static str>,
    pub form: Form,
    /// The stop text is cut off; `stop_reason` says which it was.
    pub cuts_stop: bool,
    /// A chat's text is in `reasoning_content`.
    pub reasons: bool,
    /// Whose abilities it has beyond the protocol.
    pub shape: Shape,
    /// Its tokenizer begins every text with a BOS.
    pub adds_bos: bool,
    /// Instead of what the model ends by.
    pub finish_reason: Option<Value>,
}

type Faults = Box<dyn Fn(usize, &Recorded) -> Option<Wrong> + Send + Sync>;

/// A request that came in.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub path: String,
    pub authorization: Option<String>,
    pub body: Value,
}

impl Recorded {
    pub fn prompt(&self) -> &str {
        self.body["prompt"].as_str().or_else(|| self.body["messages"][0]["content"].as_str()).unwrap()
    }
}

struct State {
    behaviour: Behaviour,
    faults: Faults,
    requests: Mutex<Vec<Recorded>>,
    answered: Mutex<Vec<Recorded>>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
    stopped: AtomicBool,
}

pub struct Server {
    port: u16,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(behaviour: Behaviour) -> Self {
        Self::with_faults(behaviour, |_, _| None)
    }

    /// A server that does wrong to the requests for which `faults` says so, given their number and content.
    pub fn with_faults(
        behaviour: Behaviour,
        faults: impl Fn(usize, &Recorded) -> Option<Wrong> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            behaviour,
            faults: Box::new(faults),
            requests: Mutex::default(),
            answered: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream.unwrap(), &shared));
            }
        });
        Self { port, state, thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Every request, in the order in which they came.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state.requests.lock().unwrap().clone()
    }

    /// The requests that got a whole answer with status 200.
    pub fn answered(&self) -> Vec<Recorded> {
        self.state.answered.lock().unwrap().clone()
    }

    pub fn most_in_flight(&self) -> usize {
        self.state.most_in_flight.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        self.thread.take().unwrap().join().unwrap();
    }
}

fn serve(mut stream: TcpStream, state: &State) {
    let Some(request) = received(&stream) else { return };
    let now = state.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
    state.most_in_flight.fetch_max(now, Ordering::SeqCst);
    let number = {
        let mut requests = state.requests.lock().unwrap();
        requests.push(request.clone());
        requests.len() - 1
    };
    let (mut status, body) = answer(&state.behaviour, &request);
    let mut body = body.to_string();
    let mut headers = "";
    let (mut sent, mut announced) = (usize::MAX, true);
    let wrong = (state.faults)(number, &request);
    let whole = matches!(wrong, None | Some(Wrong::Slow(_))) && status == 200;
    match wrong {
        None => {}
        Some(Wrong::Status(instead, with, text)) => (status, headers, body) = (instead, with, text),
        Some(Wrong::Truncated(after)) => sent = after,
        Some(Wrong::CutOff(after)) => (sent, announced) = (after, false),
        Some(Wrong::Body(text)) => body = text.to_owned(),
        Some(Wrong::Slow(time)) => std::thread::sleep(time),
        Some(Wrong::Silent) => {
            while !state.stopped.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        Some(Wrong::Raw(text)) => {
            let _ = stream.write_all(text.as_bytes());
            close(stream, state);
            return;
        }
        Some(Wrong::Dropped) => {
            close(stream, state);
            return;
        }
    }
    if whole {
        state.answered.lock().unwrap().push(request);
    }
    let length = if announced { format!("content-length: {}\r\n", body.len()) } else { String::new() };
    let head = format!("HTTP/1.1 {status} X\r\n{headers}{length}connection: close\r\n\r\n");
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&body.as_bytes()[..sent.min(body.len())]);
    let _ = stream.flush();
    close(stream, state);
}

fn close(mut stream: TcpStream, state: &State) {
    state.in_flight.fetch_sub(1, Ordering::SeqCst);
    let _ = stream.shutdown(Shutdown::Write);
    // Without reading to the end the system may reset the connection and drop what was sent.
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    let _ = stream.read_to_end(&mut Vec::new());
}

fn received(stream: &TcpStream) -> Option<Recorded> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let header = |name: &str| {
        lines[1..].iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let mut body = vec![0; header("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    let path = lines[0].split(' ').nth(1)?.to_owned();
    let body = serde_json::from_slice(&body).ok()?;
    Some(Recorded { path, authorization: header("authorization"), body })
}

fn refusal(message: &str) -> (u16, Value) {
    (400, json!({"error": {"message": message, "type": "BadRequestError", "code": 400}}))
}

fn answer(behaviour: &Behaviour, request: &Recorded) -> (u16, Value) {
    let body = &request.body;
    if let Some(answer) = tokens::answer(behaviour, &request.path, body) {
        return (200, answer);
    }
    let chat = match &*request.path {
        "/v1/completions" => false,
        "/v1/chat/completions" => true,
        _ => return (404, json!({"detail": "Not Found"})),
    };
    let wanted = body.get("n").map_or(1, |n| n.as_u64().unwrap() as usize);
    if behaviour.refuses_many && wanted > 1 {
        return refusal("n must be 1");
    }
    let likeliest = if chat { &body["top_logprobs"] } else { &body["logprobs"] };
    let likeliest = likeliest.as_u64().unwrap_or(0) as usize;
    if behaviour.most_log_probabilities.is_some_and(|most| likeliest > most) {
        return refusal(&format!("Requested sample logprobs of {likeliest}, which is greater than max allowed"));
    }
    if let Some(field) = behaviour.refuses_field.filter(|field| body.get(field).is_some()) {
        return refusal(&format!("Unrecognized request argument supplied: {field}"));
    }
    if body["prompt"].is_array() {
        return (200, json!({"object": "x", "choices": [tokens::choice(behaviour, body)]}));
    }
    let given = wanted.min(behaviour.most_choices.unwrap_or(wanted));
    let choices: Vec<Value> = (0..given as u64).map(|index| choice(behaviour, request, chat, index)).collect();
    let tokens: usize = choices.iter().map(|choice| choice["count"].as_u64().unwrap() as usize).sum();
    (200, json!({"object": "x", "choices": choices, "usage": {"completion_tokens": tokens}}))
}

fn choice(behaviour: &Behaviour, request: &Recorded, chat: bool, index: u64) -> Value {
    let body = &request.body;
    let greedy = body["temperature"].as_f64() == Some(0.0);
    let drawn = if greedy { String::new() } else { format!("{} ", body["seed"].as_u64().unwrap() + index) };
    let stops: Vec<&str> = body["stop"].as_array().into_iter().flatten().map(|stop| stop.as_str().unwrap()).collect();
    let budget = body["max_tokens"].as_u64().unwrap() as usize;
    let (mut text, mut tokens, mut finish, mut stop_reason) = (String::new(), Vec::new(), "stop", Value::Null);
    for character in drawn.chars().chain(request.prompt().chars().rev()) {
        if tokens.len() == budget {
            finish = "length";
            break;
        }
        tokens.push(character.to_string());
        text.push(character);
        if let Some(stop) = stops.iter().find(|stop| text.ends_with(**stop)) {
            stop_reason = json!(stop);
            if behaviour.cuts_stop {
                text.truncate(text.len() - stop.len());
            }
            break;
        }
    }
    let logprobs = match (behaviour.form, body.get("logprobs").is_some()) {
        (Form::Nothing, _) | (_, false) => Value::Null,
        (Form::Lists, _) => {
            let top = |token: &String| json!({token.as_str(): -0.5, " Yes": -1.0, " No": -2.0});
            json!({
                "tokens": tokens,
                "token_logprobs": vec![-0.5; tokens.len()],
                "top_logprobs": tokens.iter().map(top).collect::<Vec<_>>(),
            })
        }
        (Form::Content, _) => {
            let entry =
                |token: &str, logprob: f64| json!({"token": token, "logprob": logprob, "bytes": token.as_bytes()});
            let position = |token: &String| {
                let mut position = entry(token, -0.5);
                position["top_logprobs"] = json!([entry(token, -0.5), entry(" Yes", -1.0), entry(" No", -2.0)]);
                position
            };
            json!({"content": tokens.iter().map(position).collect::<Vec<_>>()})
        }
    };
    let finish = behaviour.finish_reason.clone().unwrap_or_else(|| json!(finish));
    let mut choice = json!({"index": index, "finish_reason": finish, "stop_reason": stop_reason, "logprobs": logprobs,
        "count": tokens.len()});
    match (chat, behaviour.reasons) {
        (false, _) => choice["text"] = json!(text),
        (true, false) => choice["message"] = json!({"role": "assistant", "content": text}),
        (true, true) => {
            choice["message"] = json!({"role": "assistant", "content": "", "reasoning_content": text});
        }
    }
    choice
}
