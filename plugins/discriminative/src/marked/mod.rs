//! A CoT as a model reads it: one run of tokens with a mark after each step.

mod clean;
mod text;

pub(crate) use clean::cleaned;
pub(crate) use text::{Fitted, MarkedText};
