//! The HTML report: its markup, and how it behaves in a real browser.

// All of this is test code, also what stands outside test functions.
#![allow(clippy::unwrap_used, clippy::panic)]

mod browser;
mod headline;
mod markup;
mod sample;
mod webdriver;
