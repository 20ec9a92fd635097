//! Chains of thought (CoTs) and their steps.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::Question;

/// The id of a CoT, unique among the CoTs of its question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CotId(pub i64);

impl fmt::Display for CotId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// One step of a CoT: the text that a process reward model gives one reward to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Step(pub String);

impl Deref for Step {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl From<&str> for Step {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}
impl From<String> for Step {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// A chain of thought: a solution of one question, cut into steps by a [`StepSplitter`](crate::StepSplitter).
///
/// It may have no steps; every part of Touchstone accepts that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cot {
    /// The CoT's id among those of its question.
    pub id: CotId,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// The final answer read from the CoT, where one was found. It is the CoT's own claim, not the gold answer.
    pub answer: Option<String>,
}

/// A question with the CoTs that are to be scored: the unit of work of a [`Verifier`](crate::Verifier).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionCots {
    /// The question.
    pub question: Question,
    /// Its CoTs, in the test set's order.
    pub cots: Vec<Cot>,
}
