//! An answer in parts: server-sent events.
//!
//! Which solution it is, is known only once all of them are scored. Until then comments keep the connection open; a failure
//! comes as an event with an `error`, which OpenAI's clients raise.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt};
use touchstone_search::Solution;

use super::super::gate::Deadline;
use super::answer::{ChatChunk, Naming, Usage, Wanted};
use crate::Fault;
use crate::admission::Admitted;

/// How often a comment keeps the connection open: below the time after which most proxies close it.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Answers with the parts of what `work` comes to. The place in the queue is held until the last part is sent or the client gone.
pub(super) fn stream(
    work: impl Future<Output = Result<Solution, Fault>> + Send + 'static,
    naming: Naming,
    wanted: Wanted,
    usage: Usage,
    admitted: Admitted,
    deadline: Deadline,
) -> Response {
    let first = stream::once(std::future::ready(event(&ChatChunk::first(&naming))));
    let rest = stream::once(async move {
        let mut events = match deadline.of(work).await {
            Ok(solution) => ChatChunk::all(&naming, solution, wanted, usage).iter().map(event).collect(),
            Err(fault) => vec![event(&fault.body())],
        };
        events.push(Event::default().data("[DONE]"));
        // Moved in here so that it is dropped with this, and not before.
        drop(admitted);
        stream::iter(events)
    });
    let events = first.chain(rest.flatten()).map(Ok::<_, Infallible>);
    respond(events)
}

fn respond(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

fn event(data: &impl serde::Serialize) -> Event {
    // What is sent here has text for keys, so it is JSON.
    Event::default().json_data(data).unwrap_or_else(|error| Event::default().comment(error.to_string()))
}
