//! What clients see: a module for each endpoint, and what all requests pass.

mod body;
mod chat;
mod gate;
mod health;
mod models;
mod openapi;
mod rewards;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Uri;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use touchstone::Context;

use crate::Fault;
use crate::open::Service;
pub use openapi::openapi;

/// The endpoints, as figures and logs name them: what a client made up is not among them.
const ENDPOINTS: [&str; 6] =
    ["/v1/rewards", "/v1/chat/completions", "/v1/models", "/healthz", "/metrics", "/openapi.json"];

/// What handlers share.
#[derive(Clone)]
pub(crate) struct State {
    pub service: Arc<Service>,
    /// Cancelled once the service is to end.
    pub stop: Context,
}

/// All endpoints of a service.
pub(crate) fn router(service: Arc<Service>, stop: Context) -> Router {
    let body_bytes = service.limits.body_bytes.get();
    let state = State { service, stop };
    Router::new()
        .route("/v1/rewards", post(rewards::rewards))
        .route("/v1/chat/completions", post(chat::completions))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{name}", get(models::one))
        .route("/healthz", get(health::health))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(openapi::document))
        .fallback(no_path)
        .method_not_allowed_fallback(async || Fault::no_method())
        .layer(DefaultBodyLimit::max(body_bytes))
        .layer(from_fn_with_state(state.clone(), gate::gate))
        .with_state(state)
}

async fn no_path(uri: Uri) -> Fault {
    Fault::no_path(uri.path())
}

/// The endpoint of a path.
fn endpoint(path: &str) -> &'static str {
    let of_models = path.starts_with("/v1/models/").then_some("/v1/models");
    ENDPOINTS.into_iter().find(|endpoint| *endpoint == path).or(of_models).unwrap_or("other")
}
