//! What a library can do wrong, and what the user is then told: C libraries, compiled here, each with one fault.
//!
//! A fixture (`*.c` beside this file) is a plugin of one kind with holes, which a test fills by macros, so that the fault
//! stands in the test beside the message that it must lead to. All of them run a second time under AddressSanitizer
//! (`sanitized`).

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod calls;
mod compile;
mod good;
mod header;
mod loading;
#[cfg(target_os = "linux")]
mod sanitized;
mod scoring;
mod settings;
mod threads;

// The names of built-in plugins are taken: this links some in.
use touchstone_aggregators as _;
