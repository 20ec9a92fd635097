//! The page to look at rewards: what it holds, and how it behaves in a real browser, alone and in a report.

// All of this is test code, also what stands outside test functions.
#![allow(clippy::unwrap_used, clippy::panic)]

mod browsing;
#[path = "../browser/mod.rs"]
mod chromium;
mod content;
mod faults;
mod files;
mod hostile;
mod law;
mod looks;
mod report;
mod sample;
