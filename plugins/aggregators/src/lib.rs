//! aggregators
