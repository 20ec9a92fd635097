//! The decoder against an independent implementation's figures, and against its own laws.
#![allow(clippy::unwrap_used)]

mod adapters;
mod damage;
mod forms;
mod gguf;
mod golden;
mod gradients;
mod heads;
mod packing;
mod real_model;
mod support;
mod verdicts;
