//! The decoder against an independent implementation's figures, and against its own laws.
#![allow(clippy::unwrap_used)]

mod golden;
mod gradients;
mod packing;
mod support;
