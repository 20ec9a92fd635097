//! A request's part of the work.

use std::sync::Arc;

use touchstone::{Cancellation, QuestionCots, Rationale, Result, Rewards};

/// What becomes of a job: one result a CoT, in their order.
pub(crate) type Reply = Box<dyn FnOnce(Result<Vec<Scored>>) + Send>;

/// A question with CoTs to score, and who waits for it.
pub(crate) struct Job {
    /// What is to be scored. Ids play no part: see [`name`](super::name).
    pub work: QuestionCots,
    /// Whether the client has gone.
    pub client: Arc<dyn Cancellation>,
    /// Whether what a generative verifier writes is wanted.
    pub rationales: Wanted,
    /// Called once, from another thread.
    pub reply: Reply,
}

/// Whether something is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Yes,
    No,
}

/// A CoT's rewards and what came with them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Scored {
    pub rewards: Rewards,
    /// The tokens that stand for the CoT, where the verifier tells them.
    pub tokens: Option<u64>,
    /// What the verifier wrote, where it writes and somebody wants it.
    pub rationales: Option<Vec<Rationale>>,
}
