//! The verifiers on small models and on a real one.
#![allow(clippy::unwrap_used)]

mod golden;
mod invariance;
mod laws;
mod material;
mod plain;
mod small;
mod math_shepherd;
mod qwen_prm;
mod settings;
mod smollm2;
mod texts;
mod truncation;
