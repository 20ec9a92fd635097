//! The HTML report: its markup, and how it behaves in a real browser.

// All of this is test code, also what stands outside test functions.
#![allow(clippy::unwrap_used, clippy::panic)]

mod browser;
#[path = "../browser/mod.rs"]
mod chromium;
mod headline;
mod markup;
mod sample;
