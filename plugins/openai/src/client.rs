//! One request until it is answered: time limits, further attempts, cancellation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use touchstone::Context;
use ureq::Agent;

use crate::address::{Address, Secrets};
use crate::connection::Connection;
use crate::error::{Error, Result};
use crate::reply::{Refusal, Reply, said};
use crate::request::{hash, spread};

/// The longest wait before a further attempt, also where the server asks for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How often a wait looks whether it is to end.
const TICK: Duration = Duration::from_millis(20);
/// A hundred completions of ten thousand tokens with twenty log-probabilities each stay below it.
const LONGEST_ANSWER: u64 = 1 << 30;
/// What is read of the answer to a request that failed.
const LONGEST_REFUSAL: u64 = 1 << 16;

/// What a call watches while it waits.
pub(crate) struct Watch<'a> {
    pub context: &'a Context,
    /// Whether another request of the call has failed.
    pub abandoned: &'a AtomicBool,
    pub deadline: Option<Deadline>,
}

/// When the whole call must be done.
#[derive(Clone, Copy)]
pub(crate) struct Deadline {
    pub at: Instant,
    pub seconds: f64,
}

/// Why an attempt failed.
enum Failure {
    /// It may pass: what happened, and how long the server asks to wait.
    Passing(String, Option<Duration>),
    /// It would fail again.
    Final(Error),
}

/// What came back.
struct Received {
    status: u16,
    retry_after: Option<Duration>,
    body: Result<Vec<u8>, ureq::Error>,
}

/// One of the server's abilities: where to ask for it, and what is an answer.
pub(crate) struct Route {
    pub address: Address,
    /// What is wrong with an answer that has not the right form; gateways answer with other JSON while a server starts.
    check: fn(&Value) -> Result<(), String>,
}

pub(crate) struct Client {
    agent: Agent,
    base: String,
    secrets: Secrets,
    timeout: Duration,
    budget: Option<Duration>,
    retries: u32,
    first_wait: Duration,
    key_variable: String,
    model: String,
}

impl Client {
    pub fn new(connection: &Connection) -> Result<Self> {
        let address = Address::below(&connection.url, "")?;
        let variable = |name: &str| std::env::var(name).ok();
        let secrets = Secrets::new(&connection.api_key_variable, variable, &address)?;
        let budget = connection.total_timeout_seconds;
        let idle = connection.concurrency.get();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(idle)
            .max_idle_connections_per_host(idle)
            .user_agent(concat!("touchstone/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Ok(Self {
            agent,
            base: connection.url.clone(),
            secrets,
            timeout: seconds("timeout_seconds", connection.timeout_seconds)?,
            budget: budget.map(|value| seconds("total_timeout_seconds", value)).transpose()?,
            retries: connection.retries,
            first_wait: seconds("first_wait_seconds", connection.first_wait_seconds)?,
            key_variable: connection.api_key_variable.clone(),
            model: connection.model.clone(),
        })
    }

    /// What is found at `path` below the base address.
    pub fn below(&self, path: &str, check: fn(&Value) -> Result<(), String>) -> Result<Route> {
        Ok(Route { address: Address::below(&self.base, path)?, check })
    }

    /// What is found at `path` beside `/v1`: abilities that OpenAI's protocol does not have.
    pub fn beside(&self, path: &str, check: fn(&Value) -> Result<(), String>) -> Result<Route> {
        let base = self.base.trim().trim_end_matches('/');
        Ok(Route { address: Address::below(base.strip_suffix("/v1").unwrap_or(base), path)?, check })
    }

    /// When a call that begins now must be done.
    pub fn deadline(&self) -> Option<Deadline> {
        let budget = self.budget?;
        // A budget beyond what the clock can tell is none.
        Some(Deadline { at: Instant::now().checked_add(budget)?, seconds: budget.as_secs_f64() })
    }

    /// A text of the server's fit for an error.
    pub fn message(&self, text: &str) -> String {
        self.secrets.message(text)
    }

    /// Asks until there is an answer, a refusal, or no more attempt. `salt` tells this request from others, so that those
    /// which fail together are not tried again together.
    pub fn ask(&self, watch: &Watch<'_>, route: &Route, body: &Value, salt: u64) -> Result<Reply> {
        let body: Arc<[u8]> = body.to_string().into_bytes().into();
        let mut attempts = 0;
        loop {
            self.check(watch, &route.address, attempts)?;
            let received = self.exchange(watch, &route.address, &body, attempts)?;
            attempts += 1;
            let (message, asked) = match self.judge(route, received, attempts) {
                Ok(reply) => return Ok(reply),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(message, asked)) => (message, asked),
            };
            if attempts > self.retries {
                return Err(Error::Unreachable { url: route.address.shown.clone(), attempts, message });
            }
            let wait = self.wait(attempts, salt).max(asked.unwrap_or_default());
            self.pause(watch, &route.address, wait.min(LONGEST_WAIT), attempts)?;
        }
    }

    /// One attempt. It runs on a thread of its own, so that a call that is stopped need not wait for a server that is silent;
    /// what the server then still answers, nobody hears.
    fn exchange(
        &self,
        watch: &Watch<'_>,
        address: &Address,
        body: &Arc<[u8]>,
        failed: u32,
    ) -> Result<Result<Received, String>> {
        let (sender, receiver) = sync_channel(1);
        let (agent, to, body) = (self.agent.clone(), address.clone(), Arc::clone(body));
        let (authorization, timeout) = (self.secrets.authorization(), self.timeout);
        let thread = thread::Builder::new().name("request".to_owned()).spawn(move || {
            // An error here means that the call was stopped.
            let _ = sender.send(post(&agent, &to, authorization, timeout, &body));
        });
        if let Err(error) = thread {
            return Ok(Err(format!("no thread could be started: {error}")));
        }
        loop {
            match receiver.recv_timeout(TICK) {
                Ok(Ok(received)) => return Ok(Ok(received)),
                Ok(Err(error)) => return self.failed(address, &error, failed + 1).map(Err),
                Err(RecvTimeoutError::Timeout) => self.check(watch, address, failed)?,
                Err(RecvTimeoutError::Disconnected) => return Ok(Err("the request broke off".to_owned())),
            }
        }
    }

    /// What a failure of the connection is called if it may pass.
    fn failed(&self, address: &Address, error: &ureq::Error, attempts: u32) -> Result<String> {
        let message = self.secrets.message(&error.to_string());
        match error {
            // rustls reports a certificate that it does not trust as invalid data; that does not pass.
            ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => {
                Err(self.refused(address, 0, message, attempts))
            }
            ureq::Error::Io(_)
            | ureq::Error::Timeout(_)
            | ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::Protocol(_) => Ok(message),
            _ => Err(self.refused(address, 0, message, attempts)),
        }
    }

    fn judge(&self, route: &Route, received: Result<Received, String>, attempts: u32) -> Result<Reply, Failure> {
        let passing = |message| Failure::Passing(message, None);
        let Received { status, retry_after, body } = received.map_err(passing)?;
        let body = body.map_err(|error| self.secrets.message(&error.to_string()));
        if (200..300).contains(&status) {
            let bytes = body.map_err(|error| passing(format!("its answer broke off: {error}")))?;
            let answer: Value = serde_json::from_slice(&bytes)
                .map_err(|error| passing(format!("its answer is not JSON, or broke off: {error}")))?;
            let said = || self.secrets.message(&said(&bytes));
            (route.check)(&answer).map_err(|wrong| passing(format!("{wrong}: {}", said())))?;
            return Ok(Reply::Answer(answer));
        }
        let whole = said(&body.unwrap_or_default());
        let message = self.secrets.message(&whole);
        if matches!(status, 408 | 429 | 500..=599) {
            let colon = if message.is_empty() { "" } else { ": " };
            return Err(Failure::Passing(format!("HTTP {status}{colon}{message}"), retry_after));
        }
        let error = self.refused(&route.address, status, message, attempts);
        match status {
            // A server that is asked for another model than it has says so, with the same status.
            404 | 405 if !whole.to_lowercase().contains("model") => Ok(Reply::Absent(error)),
            400 | 422 => Ok(Reply::Refusal(Refusal::new(error, &whole))),
            _ => Err(Failure::Final(error)),
        }
    }

    fn refused(&self, address: &Address, status: u16, message: String, attempts: u32) -> Error {
        let advice = match status {
            0 => "see whether `url` is right, and a proxy or certificate in between".to_owned(),
            300..=399 => "it leads elsewhere, so set `url` to where it leads".to_owned(),
            401 | 403 => match &*self.key_variable {
                "" => "name the environment variable with the API key in `api_key_variable`".to_owned(),
                name => format!("set the environment variable {name} to an API key that it accepts"),
            },
            404 | 405 => format!(
                "see whether `url` is its base address (most end in /v1) and whether it serves the model {:?}",
                self.model
            ),
            _ => "see whether prompt and max_tokens fit into the model's context (a verifier cuts its texts to its setting \
                  `context_length`), and whether the server knows all that the sampler asks for"
                .to_owned(),
        };
        Error::Refused { url: address.shown.clone(), status, message, attempts, advice }
    }

    /// The wait before the next attempt: it doubles, less up to a half.
    fn wait(&self, attempts: u32, salt: u64) -> Duration {
        let doubled = self.first_wait.saturating_mul(2_u32.saturating_pow(attempts - 1)).min(LONGEST_WAIT);
        let draw = spread(hash(self.base.bytes()) ^ salt ^ u64::from(attempts));
        doubled.mul_f64(1.0 - (draw >> 11) as f64 / (1_u64 << 54) as f64)
    }

    fn pause(&self, watch: &Watch<'_>, address: &Address, wait: Duration, failed: u32) -> Result<()> {
        let end = Instant::now() + wait;
        loop {
            self.check(watch, address, failed)?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(TICK));
        }
    }

    /// Whether the call is to go on.
    fn check(&self, watch: &Watch<'_>, address: &Address, failed: u32) -> Result<()> {
        if watch.context.is_cancelled() {
            return Err(Error::Cancelled);
        }
        if watch.abandoned.load(Ordering::Relaxed) {
            return Err(Error::Abandoned);
        }
        match watch.deadline {
            Some(Deadline { at, seconds }) if Instant::now() >= at => {
                Err(Error::OutOfTime { url: address.shown.clone(), seconds, failed })
            }
            _ => Ok(()),
        }
    }
}

/// The duration that a setting holds.
///
/// # Errors
/// [`Error::Seconds`].
pub(crate) fn seconds(setting: &'static str, value: f64) -> Result<Duration> {
    let duration = Duration::try_from_secs_f64(value).ok().filter(|duration| !duration.is_zero());
    duration.ok_or(Error::Seconds { setting, value })
}

fn post(
    agent: &Agent,
    address: &Address,
    authorization: Option<String>,
    timeout: Duration,
    body: &[u8],
) -> Result<Received, ureq::Error> {
    let mut request = agent.post(&address.url).config().timeout_global(Some(timeout)).build();
    if address.is_loopback {
        request = request.config().proxy(None).build();
    }
    if let Some(authorization) = authorization {
        request = request.header("Authorization", authorization);
    }
    let mut response = request.header("Content-Type", "application/json").send(body)?;
    let status = response.status().as_u16();
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let limit = if response.status().is_success() { LONGEST_ANSWER } else { LONGEST_REFUSAL };
    let body = response.body_mut().with_config().limit(limit).read_to_vec();
    Ok(Received { status, retry_after: retry_after.map(Duration::from_secs), body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_of_the_protocol_lies_beside_its_version() {
        for (base, below, beside) in [
            ("http://h:1/v1", "http://h:1/v1/x", "http://h:1/x"),
            ("http://h:1/v1/", "http://h:1/v1/x", "http://h:1/x"),
            ("http://h:1/models/v1", "http://h:1/models/v1/x", "http://h:1/models/x"),
            ("http://h:1", "http://h:1/x", "http://h:1/x"),
        ] {
            let client = Client::new(&Connection::new(base, "m")).unwrap();
            assert_eq!(client.below("x", |_| Ok(())).unwrap().address.url, below);
            assert_eq!(client.beside("x", |_| Ok(())).unwrap().address.url, beside);
        }
    }

    #[test]
    fn waits_double_less_up_to_a_half_and_end_at_a_minute() {
        let client = Client::new(&Connection::new("http://127.0.0.1:1/v1", "m")).unwrap();
        for salt in 0..100 {
            for (attempts, most) in [(1, 1.0), (2, 2.0), (3, 4.0), (7, 60.0), (60, 60.0)] {
                let wait = client.wait(attempts, salt).as_secs_f64();
                assert!((most / 2.0..=most).contains(&wait), "{attempts}: {wait}");
            }
        }
        assert_ne!(client.wait(1, 1), client.wait(1, 2));
    }

    #[test]
    fn a_number_of_seconds_is_positive_and_finite() {
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert!(matches!(seconds("timeout_seconds", value), Err(Error::Seconds { .. })), "{value}");
        }
        assert_eq!(seconds("timeout_seconds", 0.5).unwrap(), Duration::from_millis(500));
    }
}
