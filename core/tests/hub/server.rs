//! A server on this machine that speaks the hub's protocol, with faults on demand.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use sha2::{Digest, Sha256};

pub const COMMIT: &str = "1111111111111111111111111111111111111111";
pub const OTHER_COMMIT: &str = "2222222222222222222222222222222222222222";

/// How the server serves files.
#[derive(Clone, Default)]
pub struct Behaviour {
    /// A path before everything, as mirrors have it.
    pub prefix: String,
    /// The token that is asked for.
    pub token: Option<String>,
    /// Where large files are redirected to; without it all files are sent directly.
    pub store: Option<String>,
    /// Whether `Range` is passed over, as by some proxies.
    pub ignores_range: bool,
}

/// What goes wrong with a request whose path contains `path`, once.
pub struct Fault {
    pub path: &'static str,
    pub what: Wrong,
}

pub enum Wrong {
    /// A status with headers.
    Status(u16, &'static str),
    /// The answer's body ends after so many bytes.
    DroppedAfter(usize),
    /// The body stops after so many bytes and the connection stays open.
    StalledAfter(usize),
    /// This text instead of any HTTP.
    Raw(String),
    /// 200 with this body.
    Body(&'static str),
    /// The right length, but other bytes.
    Damaged,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    pub authorization: Option<String>,
    pub range: Option<String>,
}

#[derive(Default)]
struct State {
    behaviour: Behaviour,
    revisions: BTreeMap<(String, String), Revision>,
    stored: BTreeMap<String, Vec<u8>>,
    faults: Vec<Fault>,
    requests: Vec<Request>,
}

#[derive(Clone)]
struct Revision {
    commit: String,
    files: BTreeMap<String, Vec<u8>>,
}

pub struct Server {
    port: u16,
    state: Arc<Mutex<State>>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { behaviour, ..State::default() }));
        let stopped = Arc::new(AtomicBool::new(false));
        let (shared, stop) = (Arc::clone(&state), Arc::clone(&stopped));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&shared);
                let stop = Arc::clone(&stop);
                std::thread::spawn(move || serve(stream.unwrap(), &shared, &stop));
            }
        });
        Self { port, state, stopped, thread: Some(thread) }
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A repository with these files at `revision`: a data set, or a model where the name begins with `models/`.
    pub fn add(&self, repository: &str, revision: &str, commit: &str, files: &[(&str, &[u8])]) {
        let files: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
        let mut state = self.state.lock().unwrap();
        for name in [revision, commit] {
            let revision = Revision { commit: commit.to_owned(), files: files.clone() };
            state.revisions.insert((repository.to_owned(), name.to_owned()), revision);
        }
        state.stored.extend(files.into_values().map(|bytes| (sha256(&bytes), bytes)));
    }

    pub fn fail(&self, path: &'static str, what: Wrong) {
        self.state.lock().unwrap().faults.push(Fault { path, what });
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// The paths that were asked for since the last call.
    pub fn take_paths(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().requests).into_iter().map(|request| request.path).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        self.thread.take().unwrap().join().unwrap();
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the hub gives as ETag of a small file: any name of its contents serves.
fn small_etag(bytes: &[u8]) -> String {
    sha256(bytes)[..40].to_owned()
}

fn serve(stream: TcpStream, shared: &Mutex<State>, stopped: &AtomicBool) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let path = lines[0].split(' ').nth(1).unwrap().to_owned();
    let header = |name: &str| {
        lines[1..].iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let request = Request { path, authorization: header("authorization"), range: header("range") };
    let (answer, wrong) = {
        let mut state = shared.lock().unwrap();
        state.requests.push(request.clone());
        let fault = state.faults.iter().position(|fault| request.path.contains(fault.path));
        let wrong = fault.map(|place| state.faults.remove(place).what);
        (answer(&state, &request), wrong)
    };
    send(stream, answer, wrong, stopped);
}

struct Answer {
    status: u16,
    headers: String,
    body: Vec<u8>,
}

fn plain(status: u16, headers: &str, body: &[u8]) -> Answer {
    Answer { status, headers: headers.to_owned(), body: body.to_vec() }
}

fn answer(state: &State, request: &Request) -> Answer {
    let Some(path) = request.path.strip_prefix(&state.behaviour.prefix) else {
        return plain(404, "", b"outside the prefix");
    };
    if let Some(hash) = path.strip_prefix("/store/") {
        let hash = hash.split('?').next().unwrap();
        return content(state, request, &state.stored[hash], "etag: \"of-the-store\"\r\n");
    }
    if let Some(token) = &state.behaviour.token
        && request.authorization != Some(format!("Bearer {token}"))
    {
        return match request.authorization {
            None => plain(401, "x-error-code: RepoNotFound\r\n", b""),
            Some(_) => plain(401, "x-error-message: Invalid credentials in Authorization header\r\n", b""),
        };
    }
    let path = path.trim_start_matches('/');
    // The files of a model lie directly below its name; here they get the prefix that it was added with.
    let of_model = !path.starts_with("api/") && !path.starts_with("datasets/");
    let path = if of_model { format!("models/{path}") } else { path.to_owned() };
    let parts: Vec<&str> = path.splitn(6, '/').collect();
    let repository = |kind: &str, namespace: &str, name: &str| match kind {
        "datasets" => format!("{namespace}/{name}"),
        _ => format!("models/{namespace}/{name}"),
    };
    match parts.as_slice() {
        ["api", kind @ ("datasets" | "models"), namespace, name, "revision", revision] => {
            match find(state, &repository(kind, namespace, name), revision) {
                Ok(revision) => {
                    let siblings: Vec<_> =
                        revision.files.keys().map(|name| serde_json::json!({"rfilename": name})).collect();
                    let body = serde_json::json!({"id": "x", "sha": revision.commit, "siblings": siblings}).to_string();
                    plain(200, "content-type: application/json\r\n", body.as_bytes())
                }
                Err(answer) => answer,
            }
        }
        [kind @ ("datasets" | "models"), namespace, name, "resolve", revision, file] => {
            let revision = match find(state, &repository(kind, namespace, name), revision) {
                Ok(revision) => revision,
                Err(answer) => return answer,
            };
            let Some(bytes) = revision.files.get(&decoded(file)) else {
                return plain(404, "x-error-code: EntryNotFound\r\n", b"");
            };
            let commit = &revision.commit;
            match &state.behaviour.store {
                Some(store) if *file != "README.md" => {
                    let hash = sha256(bytes);
                    let length = bytes.len();
                    let headers = format!(
                        "x-repo-commit: {commit}\r\nx-linked-etag: \"{hash}\"\r\nx-linked-size: {length}\r\n\
                         etag: \"{hash}\"\r\nlocation: {store}/store/{hash}?X-Signature=secret\r\n"
                    );
                    plain(302, &headers, b"")
                }
                _ => {
                    let headers = format!("x-repo-commit: {commit}\r\netag: \"{}\"\r\n", small_etag(bytes));
                    content(state, request, bytes, &headers)
                }
            }
        }
        _ => plain(400, "x-error-message: no such route\r\n", b""),
    }
}

fn find<'a>(state: &'a State, repository: &str, revision: &str) -> Result<&'a Revision, Answer> {
    if !state.revisions.keys().any(|(known, _)| known == repository) {
        return Err(plain(404, "x-error-code: RepoNotFound\r\n", b""));
    }
    let key = (repository.to_owned(), decoded(revision));
    state.revisions.get(&key).ok_or_else(|| plain(404, "x-error-code: RevisionNotFound\r\n", b""))
}

fn content(state: &State, request: &Request, bytes: &[u8], headers: &str) -> Answer {
    let start: Option<usize> = request
        .range
        .as_ref()
        .filter(|_| !state.behaviour.ignores_range)
        .map(|range| range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap());
    match start {
        Some(start) if start >= bytes.len() => plain(416, "", b""),
        Some(start) => {
            let headers = format!("{headers}content-range: bytes {start}-{}/{}\r\n", bytes.len() - 1, bytes.len());
            plain(206, &headers, &bytes[start..])
        }
        None => plain(200, headers, bytes),
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn send(mut stream: TcpStream, mut answer: Answer, wrong: Option<Wrong>, stopped: &AtomicBool) {
    let mut sent = None;
    let mut stalls = false;
    match wrong {
        Some(Wrong::Status(status, headers)) => answer = plain(status, headers, b""),
        Some(Wrong::DroppedAfter(count)) => sent = Some(count),
        Some(Wrong::StalledAfter(count)) => {
            sent = Some(count);
            stalls = true;
        }
        Some(Wrong::Raw(text)) => {
            let _ = stream.write_all(text.as_bytes());
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
        Some(Wrong::Body(body)) => answer = plain(200, "", body.as_bytes()),
        Some(Wrong::Damaged) => answer.body.iter_mut().for_each(|byte| *byte ^= 1),
        None => {}
    }
    let head = format!(
        "HTTP/1.1 {} X\r\n{}content-length: {}\r\nconnection: close\r\n\r\n",
        answer.status,
        answer.headers,
        answer.body.len()
    );
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&answer.body[..sent.unwrap_or(answer.body.len())]);
    let _ = stream.flush();
    while stalls && !stopped.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = stream.shutdown(Shutdown::Write);
    // Without reading to the end the system may reset the connection and drop what was sent.
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    let _ = stream.read_to_end(&mut Vec::new());
}
