//! Requests to the hub: the token only where it belongs, redirects followed by hand, failures that may pass tried again.
//!
//! Transfers are done on `ureq` and not by hf-hub 0.5, which cannot be made to do them right: it tries nothing again after
//! 429 and 5xx, asks the network also for what is cached, neither compares lengths and hashes nor notices a server that
//! ignores `Range` when it resumes (the file gets a second beginning), fails on empty files and on names that need
//! percent-encoding, and panics on some malformed redirects. Its knowledge of the cache's layout is used: see `cache`.

use std::io::Read;
use std::time::Duration;

use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

use super::address::{self, Origin};
use super::error::Missing;
use super::kind::RepositoryKind;
use super::settings::Patience;
use super::{HubError, HubSettings, Token};
use crate::data::HubReference;

const MOST_REDIRECTS: usize = 10;
/// A listing of a hundred thousand files stays far below it.
const LONGEST_LISTING: u64 = 256 << 20;

/// Why an attempt failed.
pub(super) enum Failure {
    /// It would fail again.
    Final(HubError),
    /// It may pass: the error to give up with, and how long the server asks to wait.
    Passing(HubError, Option<Duration>),
}

impl From<HubError> for Failure {
    fn from(error: HubError) -> Self {
        Self::Final(error)
    }
}

/// What a request is about, for messages.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub kind: RepositoryKind,
    pub reference: &'a HubReference,
    pub file: Option<&'a str>,
}

/// A successful answer with the address that it came from and the headers of every redirect on the way.
pub(super) struct Answer {
    pub response: Response<Body>,
    pub redirects: Vec<HeaderMap>,
    pub url: String,
}

pub(super) struct Client {
    agent: Agent,
    endpoint: String,
    origin: Origin,
    token: Option<Token>,
    patience: Patience,
}

impl Client {
    pub fn new(settings: &HubSettings) -> Result<Self, HubError> {
        let endpoint = settings.endpoint.trim().trim_end_matches('/').to_owned();
        let Some(origin) = Origin::of(&endpoint).filter(|_| !endpoint.contains(['?', '#'])) else {
            return Err(HubError::Endpoint { endpoint: address::shown(&endpoint) });
        };
        if settings.token.as_ref().is_some_and(|token| !token.secret().bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(HubError::Token);
        }
        let silence = Some(settings.patience.silence);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .accept_encoding("identity")
            .user_agent(concat!("touchstone/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(silence)
            .timeout_connect(silence)
            .timeout_recv_response(silence)
            .timeout_per_read(silence)
            .build()
            .into();
        Ok(Self { agent, endpoint, origin, token: settings.token.clone(), patience: settings.patience })
    }

    /// The address below the endpoint.
    pub fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.endpoint)
    }

    /// Makes attempts until one succeeds, fails for good, or patience ends.
    pub fn persist<T>(&self, mut attempt: impl FnMut() -> Result<T, Failure>) -> Result<T, HubError> {
        let mut wait = self.patience.first_wait;
        let mut left = self.patience.attempts.max(1);
        loop {
            left -= 1;
            match attempt() {
                Ok(value) => return Ok(value),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(error, _)) if left == 0 => return Err(error),
                Err(Failure::Passing(_, asked)) => {
                    std::thread::sleep(asked.unwrap_or(wait).min(self.patience.longest_wait));
                    wait = wait.saturating_mul(2);
                }
            }
        }
    }

    /// The body of an answer that is wanted whole.
    pub fn text(&self, url: &str, subject: Subject<'_>) -> Result<Vec<u8>, HubError> {
        self.persist(|| {
            let mut answer = self.get(url, subject, 0)?;
            let mut bytes = Vec::new();
            let body = answer.response.body_mut().with_config().limit(LONGEST_LISTING).reader();
            match { body }.read_to_end(&mut bytes) {
                Ok(_) => Ok(bytes),
                Err(error) => Err(self.passing(&answer.url, subject, error.to_string())),
            }
        })
    }

    /// One attempt at a GET request, from byte `start` on; redirects are followed.
    pub fn get(&self, url: &str, subject: Subject<'_>, start: u64) -> Result<Answer, Failure> {
        let mut url = url.to_owned();
        let mut redirects = Vec::new();
        loop {
            let origin = Origin::of(&url);
            let mut request = self.agent.get(&url);
            if origin.as_ref().is_some_and(Origin::is_loopback) {
                request = request.config().proxy(None).build();
            }
            if start > 0 {
                request = request.header("Range", format!("bytes={start}-"));
            }
            // A redirect may lead to another host, which the token is none of the business of.
            if let Some(token) = self.token.as_ref().filter(|_| origin.as_ref() == Some(&self.origin)) {
                request = request.header("Authorization", format!("Bearer {}", token.secret()));
            }
            let response = request.call().map_err(|error| self.failed(&url, subject, &error))?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                let answer = Answer { response, redirects, url };
                return if answer.response.status().is_success() {
                    Ok(answer)
                } else {
                    Err(self.refused(answer, subject))
                };
            }
            let target = header(response.headers(), "location").and_then(|to| address::redirect(&url, to));
            let Some(target) = target.filter(|_| redirects.len() < MOST_REDIRECTS) else {
                return Err(protocol(&url, subject, "its redirects lead nowhere").into());
            };
            redirects.push(response.headers().clone());
            url = target;
        }
    }

    fn failed(&self, url: &str, subject: Subject<'_>, error: &ureq::Error) -> Failure {
        match error {
            // rustls reports a certificate that it does not trust as invalid data; that does not pass.
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                protocol(url, subject, &error.to_string()).into()
            }
            ureq::Error::Io(_)
            | ureq::Error::Timeout(_)
            | ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed => self.passing(url, subject, error.to_string()),
            error => protocol(url, subject, &error.to_string()).into(),
        }
    }

    /// A failure that may pass; `Unreachable` once patience ends.
    pub fn passing(&self, url: &str, subject: Subject<'_>, message: String) -> Failure {
        let error = HubError::Unreachable {
            reference: subject.reference.to_string(),
            url: address::shown(url),
            attempts: self.patience.attempts.max(1),
            message,
        };
        Failure::Passing(error, None)
    }

    fn refused(&self, answer: Answer, subject: Subject<'_>) -> Failure {
        let headers = answer.response.headers();
        let status = answer.response.status().as_u16();
        let reference = subject.reference.to_string();
        let message = header(headers, "x-error-message").map(str::to_owned);
        let not_found = |missing| Failure::Final(HubError::NotFound { reference: reference.clone(), missing });
        // The hub hides private repositories behind 401; its error code tells what it means.
        match (status, header(headers, "x-error-code")) {
            (401 | 404, Some("RepoNotFound")) => not_found(Missing::Repository),
            (404, Some("RevisionNotFound")) => not_found(Missing::Revision),
            (404, _) => not_found(match subject.file {
                Some(file) => Missing::File(file.to_owned()),
                None => Missing::RepositoryOrRevision,
            }),
            (401 | 403, _) => Failure::Final(HubError::Denied { reference, status, message }),
            (408 | 429 | 500..=599, _) => {
                let asked = header(headers, "retry-after").and_then(|text| text.trim().parse().ok());
                match self.passing(&answer.url, subject, format!("HTTP {status}")) {
                    Failure::Passing(error, _) => Failure::Passing(error, asked.map(Duration::from_secs)),
                    failure => failure,
                }
            }
            _ => Failure::Final(HubError::Refused { reference, status, url: address::shown(&answer.url), message }),
        }
    }
}

/// The error of an answer that is not of the hub's protocol.
pub(super) fn protocol(url: &str, subject: Subject<'_>, message: &str) -> HubError {
    HubError::Protocol {
        reference: subject.reference.to_string(),
        url: address::shown(url),
        message: message.to_owned(),
    }
}

/// A header's text, if it is there and is text.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
