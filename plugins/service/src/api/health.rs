//! How the service is: `GET /healthz` for whoever sends it requests, `GET /metrics` for Prometheus.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::State;
use crate::Fault;

/// What Prometheus reads.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// 200 while requests are welcome, 503 once the service is to end. Needs no key.
pub(super) async fn health(Shared(state): Shared<State>) -> Response {
    if state.stop.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "stopping" }))).into_response()
    } else {
        Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })).into_response()
    }
}

pub(super) async fn metrics(Shared(state): Shared<State>) -> Result<Response, Fault> {
    let text = state.service.metrics.text().map_err(|error| Fault::internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
