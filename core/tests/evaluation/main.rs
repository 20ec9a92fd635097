//! The evaluation as its callers see it: published tables, laws, what may be missing.
#![cfg(feature = "data")]
// Functions that only tests call may unwrap as tests do.
#![allow(clippy::unwrap_used)]

mod golden;
mod laws;
mod material;
mod missing;
mod results;
