//! Sampling jobs: killed, stopped, in shards, with other settings, with generators that do wrong.

mod counts;
mod interruption;
mod refusal;
mod shards;
pub mod studio;
