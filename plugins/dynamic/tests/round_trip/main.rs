//! Rust plugins across the border and back: the library `tests/every_kind` is built and loaded as a user's is, and what its
//! plugins do is held against the same types called directly.
#![allow(clippy::unwrap_used, clippy::panic)]

mod build;
mod builds;
mod direct;
mod faults;
mod lifetimes;
mod nested;
mod program;
mod progress;
mod results;
mod wrong_results;
