//! What clients see of a service, over HTTP, with plugins whose results are known.

#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

mod bench;
mod chat;
mod ending;
mod plugins;
mod refusals;
mod rewards;
mod watching;

// The plugins that recipes name by default.
use {touchstone_aggregators as _, touchstone_answers as _, touchstone_samplers as _, touchstone_splitters as _};
