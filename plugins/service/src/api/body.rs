//! Reading a request's JSON, so that an error names the field.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use super::State;
use crate::Fault;

/// The request's body, read from JSON.
pub(super) struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<State> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &State) -> Result<Self, Fault> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        // Also keeps web pages of others out: a browser asks before it sends this kind for them, and is not answered.
        if kind != "application/json" {
            return Err(Fault::media());
        }
        let limit = state.service.limits.body_bytes.get();
        let bytes = Bytes::from_request(request, state).await.map_err(|error| unread(&error, limit))?;
        read(&bytes).map(Self)
    }
}

fn unread(error: &BytesRejection, limit: usize) -> Fault {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Fault::large(limit),
        _ => Fault::broken(format!("the request broke off: {error}")),
    }
}

/// Reads JSON.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader);
    let read = read.map_err(|error| match error.path().to_string() {
        path if path == "." => Fault::broken(format!("the request cannot be read: {}", error.inner())),
        path => Fault::field(&path, format!("{path} cannot be read: {}", error.inner())),
    });
    let end = reader.end();
    let value = read?;
    end.map_err(|error| Fault::broken(format!("there is more after the request's JSON: {error}")))?;
    Ok(value)
}
