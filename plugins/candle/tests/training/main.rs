//! Training: against transformers' Trainer with PEFT, against slopes, and against itself.

// All of this is test code, also the functions that are not marked as tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod golden;

use std::path::{Path, PathBuf};

fn golden(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path)
}
