//! `POST /v1/chat/completions`: OpenAI's protocol, answered by a strategy.

mod answer;
mod request;
mod stream;

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use touchstone_search::Solution;

pub(super) use answer::{ChatAnswer, ChatChunk};
pub(super) use request::ChatRequest;

use super::State;
use super::body::Body;
use super::gate::Passed;
use crate::Fault;
use crate::client::{Client, Either};
use crate::open::Service;
use crate::solving::{Conversing, OpenSolver};
use answer::Naming;

const ENDPOINT: &str = "/v1/chat/completions";

pub(super) async fn completions(
    Shared(state): Shared<State>,
    Extension(passed): Extension<Passed>,
    Body(request): Body<ChatRequest>,
) -> Result<Response, Fault> {
    let service = state.service;
    let solver = solver(&service, &request.model)?;
    let wanted = request.wanted();
    let streaming = request.streaming();
    let asked = request.asked(&solver.writing, service.context.registry())?;
    let admitted = service.admission.admit(ENDPOINT)?;
    let naming = Naming::new(&passed.id, &solver.name);
    let work = solve(service, solver, asked);
    if let Some(usage) = streaming {
        return Ok(stream::stream(work, naming, wanted, usage, admitted, passed.deadline));
    }
    let solution = work.await?;
    drop(admitted);
    Ok(Json(ChatAnswer::new(naming, solution, wanted)).into_response())
}

fn solver(service: &Service, name: &str) -> Result<Arc<OpenSolver>, Fault> {
    let found = service.solvers.iter().find(|solver| solver.name == name);
    let known = || service.solvers.iter().map(|solver| solver.name.as_str()).collect::<Vec<_>>();
    found.cloned().ok_or_else(|| Fault::no_model("model", name, &known()))
}

/// Finds an answer on a thread of its own, once it is its turn. Dropping what this gives stops the work.
async fn solve(service: Arc<Service>, solver: Arc<OpenSolver>, asked: Conversing) -> Result<Solution, Fault> {
    let turn = Arc::clone(&service.solving).acquire_owned().await.map_err(|_| Fault::ending())?;
    let client = Client::default();
    let stops = Either(client.gone(), service.context.clone());
    let context =
        service.context.clone().with_progress(service.metrics.of_model(&solver.name)).with_cancellation(stops);
    let work = tokio::task::spawn_blocking(move || {
        // Held until the thread is free, not only until nobody waits for it.
        let _turn = turn;
        solver.solve(&context, &asked)
    });
    let solved = work.await.map_err(|error| Fault::internal(format!("the strategy failed: {error}")))?;
    drop(client);
    solved
}
