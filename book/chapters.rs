//! The book's Rust blocks, compiled and run as documentation tests: one module for each chapter that has any. Blocks that are
//! ignored here quote a line of a file; `tests/book.rs` compares those that name theirs.

#[doc = include_str!("src/a-verifier-through-every-file.md")]
pub mod a_verifier_through_every_file {}

#[doc = include_str!("src/add-an-aggregator.md")]
pub mod add_an_aggregator {}

#[doc = include_str!("src/experiments.md")]
pub mod experiments {}

#[doc = include_str!("src/rationales.md")]
pub mod rationales {}

#[doc = include_str!("src/recipes.md")]
pub mod recipes {}

#[doc = include_str!("src/sampling.md")]
pub mod sampling {}

#[doc = include_str!("src/score.md")]
pub mod score {}

#[doc = include_str!("src/search.md")]
pub mod search {}

#[doc = include_str!("src/ship-a-plugin.md")]
pub mod ship_a_plugin {}

#[doc = include_str!("src/train.md")]
pub mod train {}

#[doc = include_str!("src/write-a-verifier.md")]
pub mod write_a_verifier {}
