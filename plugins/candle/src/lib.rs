//! Local models over candle.

pub mod compute;
mod memory;
pub mod reading;
