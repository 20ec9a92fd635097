//! Local models over candle.
