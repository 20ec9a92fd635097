//! splitters
