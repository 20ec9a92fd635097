//! `GET /v1/models`: what is served.

use axum::Json;
use axum::extract::{Path, State as Shared};
use schemars::JsonSchema;
use serde::Serialize;

use super::State;
use crate::Fault;
use crate::open::Service;

/// All models, as OpenAI's protocol lists them.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ModelList {
    /// `list`.
    object: &'static str,
    /// The models.
    data: Vec<Model>,
}

/// A model.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Model {
    /// Its name.
    id: String,
    /// `model`.
    object: &'static str,
    /// When the service was started, in seconds since 1970.
    created: u64,
    /// `touchstone`.
    owned_by: &'static str,
    /// What it does.
    kind: ModelKind,
}

/// What a model does.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ModelKind {
    /// It gives rewards: `verifier` in `/v1/rewards`.
    Verifier,
    /// It answers: `model` in `/v1/chat/completions`.
    Solver,
}

pub(super) async fn list(Shared(state): Shared<State>) -> Json<ModelList> {
    Json(ModelList { object: "list", data: models(&state.service) })
}

pub(super) async fn one(Shared(state): Shared<State>, Path(name): Path<String>) -> Result<Json<Model>, Fault> {
    let models = models(&state.service);
    let names: Vec<String> = models.iter().map(|model| model.id.clone()).collect();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = models.into_iter().find(|model| model.id == name);
    found.map(Json).ok_or_else(|| Fault::no_model("model", &name, &known))
}

fn models(service: &Service) -> Vec<Model> {
    let model = |name: &str, kind| Model {
        id: name.to_owned(),
        object: "model",
        created: service.since,
        owned_by: "touchstone",
        kind,
    };
    let solvers = service.solvers.iter().map(|solver| model(&solver.name, ModelKind::Solver));
    solvers.chain(service.verifiers.iter().map(|open| model(&open.name, ModelKind::Verifier))).collect()
}
