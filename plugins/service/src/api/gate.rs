//! What every request passes: its id, the key, the time limit; and what is noted down of it.

use std::time::Instant;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::timeout_at;

use super::{State, endpoint};
use crate::clock::since_1970;
use crate::log::Line;
use crate::{Fault, Limits, id};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What handlers may know of their request.
#[derive(Clone)]
pub(super) struct Passed {
    pub id: String,
    /// When the answer must be whole.
    pub deadline: Deadline,
}

/// When an answer must be whole.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    at: tokio::time::Instant,
    /// How long that is after the request's head.
    seconds: f64,
}

impl Deadline {
    fn from_now(limits: &Limits) -> Self {
        Self { at: tokio::time::Instant::now() + limits.time(), seconds: limits.seconds }
    }

    /// What the work comes to, or that it is late: then it is dropped.
    pub async fn of<T>(self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        timeout_at(self.at, work).await.unwrap_or_else(|_| Err(Fault::late(self.seconds)))
    }
}

/// Lets a request through to its handler.
pub(super) async fn gate(Shared(state): Shared<State>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let service = &state.service;
    let header = |name: HeaderName, request: &Request| {
        request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let id = id::of_client(header(REQUEST_ID, &request).as_deref()).map_or_else(id::new, str::to_owned);
    let endpoint = endpoint(request.uri().path());
    let deadline = Deadline::from_now(&service.limits);
    request.extensions_mut().insert(Passed { id: id.clone(), deadline });
    let request_bytes = header(header::CONTENT_LENGTH, &request).and_then(|length| length.parse().ok());
    let authorization = header(header::AUTHORIZATION, &request);
    let is_open = endpoint == "/healthz" || service.key.as_ref().is_none_or(|key| key.opens(authorization.as_deref()));
    let mut content = None;
    let mut response = if is_open {
        let through = async {
            let request = match service.log.keeps_content() {
                true => kept(request, service.limits.body_bytes.get(), &mut content).await?,
                false => request,
            };
            Ok::<_, Fault>(next.run(request).await)
        };
        deadline.of(through).await.unwrap_or_else(Fault::into_response)
    } else {
        Fault::key().into_response()
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let status = response.status().as_u16();
    service.metrics.answered(endpoint, status);
    service.log.note(&Line {
        time: since_1970().as_secs_f64(),
        id: &id,
        endpoint,
        status,
        request_bytes,
        answer_bytes: response.body().size_hint().exact(),
        milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        request: content.as_deref(),
    });
    response
}

/// The request with its body read, which is kept as text.
async fn kept(request: Request, limit: usize, content: &mut Option<String>) -> Result<Request, Fault> {
    let (head, body) = request.into_parts();
    let bytes = to_bytes(body, limit).await.map_err(|_| Fault::large(limit))?;
    *content = Some(String::from_utf8_lossy(&bytes).into_owned());
    Ok(Request::from_parts(head, Body::from(bytes)))
}
