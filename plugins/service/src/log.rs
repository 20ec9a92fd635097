//! What is noted down of requests.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// Where requests are noted down, and how much of them.
#[derive(Clone)]
pub struct Log {
    detail: Detail,
    write: Arc<dyn Fn(&str) + Send + Sync>,
}

/// How much is noted down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    Nothing,
    /// Of each request its id, its endpoint, its sizes, its status and how long it took: nothing of what it says.
    #[default]
    Requests,
    /// What it says, too.
    Content,
}

/// A request that was answered, as a line of JSON.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    /// In seconds since 1970.
    pub time: f64,
    pub id: &'a str,
    pub endpoint: &'static str,
    pub status: u16,
    /// Bytes of the body, where it came with its length.
    pub request_bytes: Option<u64>,
    pub answer_bytes: Option<u64>,
    /// Until the answer began: the whole of it, but where it is streamed.
    pub milliseconds: u64,
    /// The body, where it is to be noted down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<&'a str>,
}

impl Log {
    /// A log that hands each line to `write`, from any thread.
    pub fn new(detail: Detail, write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { detail, write: Arc::new(write) }
    }

    pub(crate) fn keeps_content(&self) -> bool {
        self.detail == Detail::Content
    }

    pub(crate) fn note(&self, line: &Line<'_>) {
        if self.detail == Detail::Nothing {
            return;
        }
        if let Ok(line) = serde_json::to_string(line) {
            (self.write)(&line);
        }
    }
}

impl Default for Log {
    /// A log of nothing.
    fn default() -> Self {
        Self::new(Detail::Nothing, |_| {})
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Log").field("detail", &self.detail).finish_non_exhaustive()
    }
}
