//! The verifiers on small models and on a real one.
#![allow(clippy::unwrap_used, clippy::panic)]

mod golden;
mod invariance;
mod laws;
mod material;
mod math_shepherd;
mod plain;
mod qwen_prm;
mod settings;
mod small;
mod smollm2;
mod texts;
mod truncation;
