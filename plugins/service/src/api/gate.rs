//! What every request passes: its id, the key, the time limit; and what is noted down of it.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::timeout_at;

use super::{State, endpoint};
use crate::log::Line;
use crate::{Fault, id};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What handlers may know of their request.
#[derive(Clone)]
pub(super) struct Passed {
    pub id: String,
    /// When the answer must be whole.
    pub deadline: tokio::time::Instant,
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
    let deadline = tokio::time::Instant::now() + service.limits.time();
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
        let answered = timeout_at(deadline, through).await;
        answered.unwrap_or_else(|_| Err(Fault::late(service.limits.seconds))).unwrap_or_else(Fault::into_response)
    } else {
        Fault::key().into_response()
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let status = response.status().as_u16();
    service.metrics.answered(endpoint, status);
    service.log.note(&Line {
        time: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64()),
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
