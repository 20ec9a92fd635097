//! The laws of the plugin traits, as checks that can be run on any plugin.
//!
//! ```
//! use touchstone::{Aggregator, laws};
//!
//! struct Best;
//!
//! impl Aggregator for Best {
//!     fn aggregate(&self, rewards: &[Option<f64>]) -> touchstone::Result<f64> {
//!         Ok(rewards.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max))
//!     }
//! }
//!
//! let report = laws::aggregator::check(&Best);
//! assert!(!report.holds());
//! assert!(report.to_string().contains("BROKEN  the value is finite: aggregate of no rewards gave -inf"), "{report}");
//! ```

pub mod aggregator;
pub mod answer;
#[cfg(test)]
mod breach;
mod calls;
mod report;
pub mod sampler;
pub mod splitter;
mod texts;
pub mod verifier;

pub use report::{Finding, Outcome, Report};
