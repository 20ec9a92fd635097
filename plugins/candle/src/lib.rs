//! Local models over candle.

mod memory;
pub mod reading;
